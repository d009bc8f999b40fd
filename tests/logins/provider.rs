//! Logins through a real identity provider: what goes there, and what is believed of what comes back.

use serde_json::json;
use url::Url;

use crate::jwt;
use crate::place::Place;
use crate::steps::{assert_not_redirected, come_back, confirm, csrf, fragment, grant, now, open_sessions, redirect};
use crate::support::app::{Kind, token};
use crate::support::directory::{Session, native_token};
use crate::support::proxy::free_address;
use crate::support::visitor::{Visitor, parameter};

on_both_stores!(a_person_logs_in_through_the_provider, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    let mut visitor = Visitor::default();
    let asked = place.to_the_provider(&mut visitor, &place.start_url("&appdata=x%26y&needextendedbearer=true"));
    assert_eq!(parameter(&asked, "response_type"), "code");
    assert_eq!(parameter(&asked, "code_challenge_method"), "S256");
    assert_eq!((parameter(&asked, "code_challenge").len(), parameter(&asked, "nonce").len()), (43, 64));
    assert_eq!(
        parameter(&asked, "redirect_uri"),
        place.app.url("/directory/api/directorysession/onauthenticated").as_str()
    );
    assert!(!asked.query_pairs().any(|(name, _)| name == "prompt" || name == "code_verifier"), "{asked}");
    let other = place.to_the_provider(&mut visitor, &place.start_url(""));
    for one_logins in ["state", "nonce", "code_challenge"] {
        assert_ne!(parameter(&asked, one_logins), parameter(&other, one_logins));
    }
    let back = visitor.log_in_at(&asked, &name);
    // What the provider adds, and whatever else, is of no interest: it sends `iss` (RFC 9207).
    let back = Url::parse(&format!("{back}&session_state=1&unknown=2")).expect("a URL");
    let members = fragment(&come_back(&mut visitor, &back));
    assert_eq!(members["appdata"], "x&y");
    let claims = jwt::claims(&place.app, &members["directory_access_token"]);
    assert_eq!(claims["sub"], json!(user.id));
    assert_eq!(claims["oidc"]["sub"], name.as_str());
    assert_eq!(claims["oidc"]["email"], user.email.as_str());
    let info = place.app.user_info(&members["directory_access_token"]).ok();
    assert_eq!((&info["oidcsub"], &info["userinfo"]["email"]), (&json!(name), &json!(user.email)));
    assert_not_redirected(&visitor.get(&back));
    // Nobody logs in on the page of this server.
    let page = place.app.url(&format!("/directory/api/login?state={}", parameter(&other, "state")));
    visitor.get(&page).refused(400, "E_BadRequest");
    visitor.post(&page, &[("email", &user.email), ("password", &user.password)]).refused(400, "E_BadRequest");
});

on_both_stores!(somebody_without_a_local_password_gets_a_v2_token, |kind| {
    let place = Place::shared(kind);
    let app = &place.app;
    let email = format!("{}@example.org", native_token());
    let id = app.server.run(&["user", "add", "--email", &email, "--no-password"], "").trim().to_owned();
    let name = place.person(&json!({"email": email, "email_verified": true}));
    let end = place.log_in(&mut Visitor::default(), "", &name);
    let session = Session::of_fragment(&end);
    let cross = token(&app.call_v2_cross(&session.directory).ok(), "cross_token");
    let swapped = app.swap(&json!({"cross_token": cross, "client_id": "v2"})).ok();
    let access = token(&swapped, "access_token");
    assert_eq!(app.check(&access).ok()["user_id"], id.as_str());
    app.call_v2_cross(&session.http).refused(401, "E_InvalidToken");
});

on_both_stores!(a_v2_client_is_told_the_names_that_the_provider_knows, |kind| {
    let place = Place::shared(kind);
    for (claims, first, last) in [
        (
            json!({"name": "Ada King Lovelace", "given_name": "Ada", "family_name": "King Lovelace"}),
            "Ada",
            "King Lovelace",
        ),
        (json!({"name": "Ada King Lovelace"}), "Ada King", "Lovelace"),
        (json!({"name": "Ada King Lovelace", "given_name": "Ada", "family_name": ""}), "Ada", "Lovelace"),
        (json!({"name": "Ada Lovelace", "given_name": 7, "family_name": ["L"]}), "Ada", "Lovelace"),
    ] {
        let (user, mut claims) = (place.app.user(), claims);
        claims["email"] = json!(user.email);
        claims["email_verified"] = json!(true);
        let name = place.person(&claims);
        let session = Session::of_fragment(&place.log_in(&mut Visitor::default(), "", &name));
        let cross = token(&place.app.call_v2_cross(&session.directory).ok(), "cross_token");
        let access = token(&place.app.swap(&json!({"cross_token": cross})).ok(), "access_token");
        let told = place.app.request("GET", "/v2/user").token(&access).send().ok();
        assert_eq!((&told["firstname"], &told["lastname"]), (&json!(first), &json!(last)), "{told}");
        assert_eq!((&told["fullname"], &told["email"]), (&claims["name"], &claims["email"]), "{told}");
    }
});

on_both_stores!(a_v2_client_is_led_to_the_provider, |kind| {
    let place = Place::shared(kind);
    let document = format!("{}/.well-known/openid-configuration", place.provider().issuer());
    for method in ["GET", "HEAD"] {
        let reply = place.app.request(method, "/v2/.well-known/openid-configuration").send();
        assert_eq!((reply.status, reply.header("location")), (307, Some(document.as_str())), "{method}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
    }
});

on_both_stores!(a_native_client_is_confirmed_here_too, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    let mut visitor = Visitor::default();
    for answer in ["yes", "no"] {
        let native = native_token();
        // Signed on at the provider, but not here: it sends back at once.
        visitor.set_cookie("directory_sso", "");
        let page = place.log_in(&mut visitor, &format!("&nativetoken={native}"), &name);
        assert_eq!(page.path(), "/directory/api/confirm");
        assert_eq!(place.app.wait(&native, 0).status, 204);
        visitor.post(&page, &[("answer", "yes")]).refused(403, "E_Forbidden");
        let end = confirm(&mut visitor, &page, answer);
        assert!(!end.fragment().unwrap_or_default().contains("token"), "{end}");
        match answer {
            "yes" => {
                let session = place.app.wait(&native, 0).ok();
                assert_eq!(session["subinfo"]["sub"], name.as_str());
            }
            _ => drop(place.app.wait(&native, 0).refused(403, "E_Forbidden")),
        }
    }
    assert_eq!(open_sessions(&place.app, &user), 1);
});

on_both_stores!(what_the_provider_refuses_is_told_to_the_application, |kind| {
    let place = Place::shared(kind);
    let mut visitor = Visitor::default();
    let native = native_token();
    let more = format!("&appdata=x&nativetoken={native}");
    let asked = place.to_the_provider(&mut visitor, &place.start_url(&more));
    let back = visitor.cancel_at(&asked);
    let members = fragment(&come_back(&mut visitor, &back));
    assert_eq!((members["error"].as_str(), members["appdata"].as_str()), ("access_denied", "x"));
    place.app.wait(&native, 0).refused(403, "E_Forbidden");
    for (error, is) in [
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "server_error"),
        ("invalid_scope", "server_error"),
        ("login_required", "access_denied"),
        ("<script>", "access_denied"),
    ] {
        let asked = place.to_the_provider(&mut visitor, &place.start_url(""));
        let mut back = place.app.url("/directory/api/directorysession/onauthenticated");
        back.query_pairs_mut()
            .append_pair("error", error)
            .append_pair("error_description", "<script>alert(1)</script>")
            .append_pair("error_uri", "https://evil.example/")
            .append_pair("state", &parameter(&asked, "state"));
        let end = come_back(&mut visitor, &back);
        assert_eq!(fragment(&end)["error"], is, "{error}");
        assert!(!end.as_str().contains("evil") && !end.as_str().contains("alert"), "{end}");
        assert_not_redirected(&visitor.get(&back));
    }
});

on_both_stores!(a_code_that_is_not_this_logins_ends_it, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    let mut visitor = Visitor::default();
    let prove = |visitor: &mut Visitor| place.prove(visitor, &place.start_url(""), &name);
    let with_code = |back: &Url, code: &str| {
        let mut other = back.clone();
        other.query_pairs_mut().clear().append_pair("state", &parameter(back, "state")).append_pair("code", code);
        other
    };
    // Made up; and of another login of the same browser, whose PKCE verifier and nonce are others.
    let other = prove(&mut visitor);
    for code in ["made up".to_owned(), parameter(&other, "code")] {
        let back = prove(&mut visitor);
        assert_not_redirected(&visitor.get(&with_code(&back, &code)));
        assert_not_redirected(&visitor.get(&back));
    }
    // In another browser.
    let back = prove(&mut visitor);
    assert_not_redirected(&Visitor::default().get(&back));
    assert_not_redirected(&visitor.get(&back));
    assert_eq!(open_sessions(&place.app, &user), 0);
});

on_both_stores!(two_tabs_and_two_people, |kind| {
    let place = Place::shared(kind);
    let ((one, one_name), (other, other_name)) = (place.known_person(), place.known_person());
    let mut visitor = Visitor::default();
    let [first, second] = [(); 2].map(|()| place.to_the_provider(&mut visitor, &place.start_url("")));
    let mut elsewhere = Visitor::default();
    let back = elsewhere.log_in_at(&second, &other_name);
    let who = |visitor: &mut Visitor, back: &Url| {
        let members = fragment(&come_back(visitor, back));
        jwt::claims(&place.app, &members["directory_access_token"])["sub"].clone()
    };
    let of_the_first = visitor.log_in_at(&first, &one_name);
    // Whoever logs in at the provider, the login is this browser's.
    assert_eq!(who(&mut visitor, &back), json!(other.id));
    assert_eq!(who(&mut visitor, &of_the_first), json!(one.id));
});

on_both_stores!(single_sign_on_spares_the_provider, |kind| {
    let place = Place::shared(kind);
    let (user, name) = place.known_person();
    let mut visitor = Visitor::default();
    place.log_in(&mut visitor, "", &name);
    let start = place.start_url("");
    let again = fragment(&redirect(&start, &visitor.get(&start)));
    assert_eq!(jwt::claims(&place.app, &again["http_access_token"])["sub"], json!(user.id));
    place.app.server.run(&["user", "disable", &user.email], "");
    let end = place.log_in(&mut visitor, "&appdata=x", &name);
    assert_eq!((fragment(&end)["error"].as_str(), fragment(&end)["appdata"].as_str()), ("access_denied", "x"));
});

on_both_stores!(signing_out_leads_to_the_provider, |kind| {
    let place = Place::shared(kind);
    let (_, name) = place.known_person();
    let mut visitor = Visitor::default();
    place.log_in(&mut visitor, "", &name);
    let sealed = visitor.cookie("directory_id_token").expect("it is kept for this").to_owned();
    let page = place.app.url("/directory/api/signout");
    let csrf = csrf(&mut visitor, &page);
    let mut forger = visitor.clone();
    let reply = visitor.post(&page, &[("csrf", &csrf)]);
    let to = redirect(&page, &reply);
    assert!(to.as_str().starts_with(place.provider().issuer()), "{to}");
    let hint = parameter(&to, "id_token_hint");
    assert_eq!(jwt::unverified(&hint)["sub"], name.as_str());
    assert!(!sealed.contains(&hint[..20]) && visitor.cookie("directory_id_token").is_none(), "sealed, and gone");
    forger.set_cookie("directory_id_token", &hint);
    let without = redirect(&page, &forger.post(&page, &[("csrf", &csrf)]));
    assert!(!without.query_pairs().any(|(name, _)| name == "id_token_hint"), "{without}");
    assert_eq!(parameter(&to, "post_logout_redirect_uri"), page.as_str());
    // The provider knows where that is, and asks.
    let asked = visitor.get(&to);
    assert!(asked.status == 200 && asked.text().contains("<form"), "{} {}", asked.status, asked.text());
    place.to_the_provider(&mut visitor, &place.start_url(""));
});

on_both_stores!(forced_consent_takes_a_fresh_proof, |kind| {
    // Its clock decides what is fresh.
    let place = Place::start(kind, &[]);
    let now = now();
    place.provider().stop_clock(now);
    let (user, name) = place.known_person();
    let mut visitor = Visitor::default();
    let session = Session::of_fragment(&place.log_in(&mut visitor, "", &name));
    place.provider().stop_clock(now + 40);
    place.app.close(&session.directory, "true").ok();
    let (start, mut stranger) = (place.start_url(""), visitor.clone());
    let asked = place.to_the_provider(&mut visitor, &start);
    assert_eq!(parameter(&asked, "prompt"), "login");
    // Without the demand the provider, where the person is logged in, sends back at once: that is no proof.
    let mut without = asked.clone();
    let kept = asked.query_pairs().filter(|(name, _)| name != "prompt" && name != "max_age");
    let kept: Vec<_> = kept.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    without.query_pairs_mut().clear().extend_pairs(&kept);
    let back = visitor.log_in_at(&without, "nobody");
    assert_not_redirected(&visitor.get(&back));
    // Nor is it where the browser has no cookie of ours that would tell who comes.
    stranger.set_cookie("directory_sso", "");
    let asked = place.to_the_provider(&mut stranger, &start);
    assert!(!asked.query_pairs().any(|(name, _)| name == "prompt"), "nobody knows yet who it is");
    let back = stranger.log_in_at(&asked, "nobody");
    let again = come_back(&mut stranger, &back);
    assert_eq!(parameter(&again, "prompt"), "login");
    assert_ne!(parameter(&again, "nonce"), parameter(&asked, "nonce"));
    assert_eq!(open_sessions(&place.app, &user), 0);
    // The person is asked, answers, and is signed on again.
    let asked = place.to_the_provider(&mut visitor, &start);
    let back = visitor.log_in_at(&asked, &name);
    assert!(fragment(&come_back(&mut visitor, &back)).contains_key("directory_access_token"));
    assert!(redirect(&start, &visitor.get(&start)).fragment().is_some(), "the demand is met");
});

#[test]
fn an_operator_whom_a_provider_proves_is_asked_there_and_enters_the_console() {
    let manage = free_address().to_string();
    let console = Url::parse(&format!("http://{manage}/console")).expect("a URL");
    let own =
        [("manage.listen", manage.as_str()), ("manage.public_url", console.as_str().trim_end_matches("/console"))];
    let place = Place::start(Kind::Embedded, &own);
    let (user, name) = place.known_person();
    grant(&place.app, &user, "access:admin");
    let mut visitor = Visitor::default();
    place.log_in(&mut visitor, "", &name);
    let start = console.join("/console/login").expect("a URL");
    let login = redirect(&start, &visitor.get(&start));
    let asked = place.to_the_provider(&mut visitor, &login);
    assert_eq!(parameter(&asked, "prompt"), "login", "although the provider remembers them");
    let back = visitor.log_in_at(&asked, &name);
    let arrival = come_back(&mut visitor, &back);
    assert_eq!((arrival.origin(), arrival.path()), (console.origin(), "/console/arrive"));
    assert_eq!(visitor.get(&arrival).status, 200);
    assert!(visitor.get(&console).text().contains(&user.email));
}
