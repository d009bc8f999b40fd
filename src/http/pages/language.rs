//! The language that a page is written in.

use actix_web::HttpRequest;
use actix_web::http::header::{AcceptLanguage, Header as _, Preference, Quality};

use crate::domain::Language;

/// The language that the browser prefers, by its weights (RFC 9110, 12.5.4); of equal ones the first.
pub(super) fn preferred(request: &HttpRequest) -> Language {
    let accepted = AcceptLanguage::parse(request).map(|header| header.0).unwrap_or_default();
    let mut best = (Quality::ZERO, Language::English);
    for item in &accepted {
        let language = match &item.item {
            Preference::Any => Language::English,
            Preference::Specific(tag) => {
                let primary = tag.primary_language();
                let spoken = Language::ALL.into_iter().find(|one| primary.eq_ignore_ascii_case(one.tag()));
                let Some(spoken) = spoken else { continue };
                spoken
            }
        };
        if item.quality > best.0 {
            best = (item.quality, language);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_weights_decide_and_then_the_order() {
        for (accepted, language) in [
            ("", Language::English),
            ("de", Language::German),
            ("DE-at", Language::German),
            ("de-CH-1996, en", Language::German),
            ("en, de", Language::English),
            ("de, en;q=0.9", Language::German),
            ("de;q=0.8, en;q=0.9", Language::English),
            ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::French),
            ("it-CH, it;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", Language::English),
            ("de;q=0.7, fr-CA", Language::French),
            ("it, de;q=0.3", Language::German),
            ("it, de;q=0", Language::English),
            ("fr;q=0, *;q=0.1", Language::English),
            ("de;q=0, *;q=0.1", Language::English),
            ("*, de;q=0.5", Language::English),
            ("es, it", Language::English),
            ("den, deu", Language::English),
            ("\"<script>\", ;;;, de;q=nonsense, ,", Language::English),
            ("x;q=9, de;q=0.2", Language::German),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT_LANGUAGE, accepted)).to_http_request();
            assert_eq!(preferred(&request), language, "{accepted:?}");
        }
        assert_eq!(preferred(&TestRequest::default().to_http_request()), Language::English);
    }
}
