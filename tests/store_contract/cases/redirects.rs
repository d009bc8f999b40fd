//! `RedirectUrls`.

use bimgate::store::MAX_REDIRECT_URLS;
use futures_util::future::try_join_all;

on_every_backend!(a_registered_url_is_found_to_the_letter_on_every_server, |backend| {
    let (store, second) = (backend.store(), backend.second_server());
    let urls = ["https://b.example.org/x", "http://a.example.org/", "https://b.example.org/"];
    for url in urls {
        assert!(!store.is_redirect_registered(url).await?);
        assert!(!store.unregister_redirect(url).await?);
        assert!(store.register_redirect(url).await? && second.register_redirect(url).await?, "twice is no error");
        assert!(second.is_redirect_registered(url).await?);
    }
    for other in ["https://b.example.org", "https://b.example.org/X", "https://b.example.org/x/", ""] {
        assert!(!store.is_redirect_registered(other).await?, "{other}");
    }
    assert_eq!(second.redirects().await?, [urls[1], urls[2], urls[0]]);
    assert!(second.unregister_redirect(urls[0]).await? && !store.unregister_redirect(urls[0]).await?);
    assert!(!store.is_redirect_registered(urls[0]).await?);
    assert_eq!(store.redirects().await?, [urls[1], urls[2]]);
    Ok(())
});

on_every_backend!(so_many_urls_may_be_registered_and_no_more, |backend| {
    let store = backend.store();
    let urls: Vec<_> = (0..MAX_REDIRECT_URLS).map(|number| format!("https://example.org/{number:05}")).collect();
    for some in urls.chunks(500) {
        let registered = try_join_all(some.iter().map(|url| store.register_redirect(url))).await?;
        assert!(registered.into_iter().all(|registered| registered));
    }
    assert!(!store.register_redirect("https://example.org/one-more").await?);
    assert!(store.register_redirect(&urls[0]).await?, "it is there already");
    assert_eq!(store.redirects().await?, urls);
    assert!(store.unregister_redirect(&urls[0]).await?);
    assert!(store.register_redirect("https://example.org/one-more").await?);
    Ok(())
});
