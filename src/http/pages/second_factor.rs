//! The pages on which a person sets a second factor up, and is shown recovery codes.

use std::borrow::Cow;
use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use qrcodegen::{QrCode, QrCodeEcc};

use super::account::AccountProblem;
use super::page::{self, Forms, Frame, Rules};
use crate::account::Renewed;
use crate::domain::RecoveryCode;
use crate::http::error::ApiError;
use crate::http::extract::Browser;

/// How many modules stay free around a QR code (ISO/IEC 18004, 5.3.8).
const QUIET: i32 = 4;

/// A form with the fields `csrf`, `present` and `code`, posted to the address that the page has.
#[derive(Template)]
#[template(path = "second_factor.html")]
pub struct SetUpPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// The hidden value that proves that the form came from this page.
    pub csrf: &'a str,
    /// The address that the person logs in with.
    pub email: &'a str,
    /// The secret, in groups.
    pub secret: &'a str,
    /// What the QR code says.
    pub uri: &'a str,
    /// Why it is shown again.
    pub problem: Option<AccountProblem>,
}

/// A QR code as SVG draws it.
struct Drawn {
    /// How many modules it is wide, with what stays free around.
    width: i32,
    /// A path over all dark modules.
    path: String,
}

impl SetUpPage<'_> {
    /// The page: 200, or the status of the problem.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self) -> Result<HttpResponse, ApiError> {
        let status = self.problem.map_or(StatusCode::OK, AccountProblem::status);
        let rules = Rules { forms: Forms::Here, scripts: false, opener: false };
        let mut response = page::respond(self, self.frame, status, rules)?;
        if let Some(problem) = self.problem {
            problem.head(response.headers_mut());
        }
        Ok(response)
    }

    fn sentence(&self) -> Option<Cow<'static, str>> {
        self.problem.map(|problem| problem.sentence(self.frame.texts))
    }

    fn wrong_present(&self) -> bool {
        self.problem == Some(AccountProblem::WrongPresent)
    }

    fn wrong_code(&self) -> bool {
        self.problem == Some(AccountProblem::WrongCode)
    }

    /// The QR code, unless the address is so long that none can hold it: then the secret is typed in.
    fn drawn(&self) -> Option<Drawn> {
        draw(self.uri)
    }
}

fn draw(text: &str) -> Option<Drawn> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))) {
        if code.get_module(x, y) {
            let _infallible = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    Some(Drawn { width: size + 2 * QUIET, path })
}

/// Recovery codes, shown once.
#[derive(Template)]
#[template(path = "recovery_codes.html")]
pub struct RecoveryCodesPage<'a> {
    /// What stands around it.
    pub frame: &'a Frame,
    /// Whether the second factor has just been turned on.
    pub is_new: bool,
    /// The codes.
    pub codes: &'a [RecoveryCode],
}

impl RecoveryCodesPage<'_> {
    /// The page, for a browser that is signed on otherwise from now on.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn respond(&self, browser: &Browser, renewed: Option<Renewed>) -> Result<HttpResponse, ApiError> {
        let mut response = self.render_page()?;
        if let Some(Renewed { cookie, lifetime }) = renewed {
            browser.sign_on(&cookie, lifetime, &mut response);
        }
        Ok(response)
    }

    /// The page alone.
    ///
    /// # Errors
    /// [`ApiError::Unknown`] if it could not be rendered.
    pub fn render_page(&self) -> Result<HttpResponse, ApiError> {
        let rules = Rules { forms: Forms::None, scripts: false, opener: false };
        page::respond(self, self.frame, StatusCode::OK, rules)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_drawn_dark_on_what_stays_free() {
        let drawn = draw("otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=a").expect("it fits");
        let places: Vec<(i32, i32)> = drawn
            .path
            .split('M')
            .filter_map(|module| module.strip_suffix("h1v1h-1z")?.split_once(' '))
            .filter_map(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)))
            .collect();
        let inside = QUIET..drawn.width - QUIET;
        assert!(places.len() > 300 && places.iter().all(|(x, y)| inside.contains(x) && inside.contains(y)));
        // The three large squares by which readers find it, and none in the fourth corner.
        let last = drawn.width - QUIET - 1;
        let corners = [(QUIET, QUIET), (last, QUIET), (QUIET, last)];
        assert!(corners.iter().all(|corner| places.contains(corner)));
        assert!(draw(&"x".repeat(5_000)).is_none());
    }
}
