//! A person's authenticator app: the codes of RFC 6238, made here and not by the code under test.

use std::time::Duration;

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use bimgate::clock::{Clock as _, SystemClock};

use super::wait::until;

const STEP: u64 = 30;

/// An app that never shows a code twice, as a patient person uses it.
#[derive(Clone)]
pub struct Authenticator {
    secret: Vec<u8>,
    last: u64,
}

impl Authenticator {
    /// One that was given what this page shows.
    #[track_caller]
    pub fn of_page(page: &str) -> Self {
        let shown = page.split_once("class=\"key\"").and_then(|(_, rest)| rest.split_once('>')).expect("a key").1;
        Self::of(shown.split('<').next().unwrap_or_default())
    }

    /// One that was given this secret, in base 32.
    pub fn of(key: &str) -> Self {
        let (mut secret, mut bits, mut held) = (Vec::new(), 0_u32, 0);
        for symbol in key.bytes().filter(|symbol| *symbol != b' ') {
            let five = if symbol.is_ascii_uppercase() { symbol - b'A' } else { symbol - b'2' + 26 };
            (bits, held) = (bits << 5 | u32::from(five), held + 5);
            if held >= 8 {
                held -= 8;
                secret.push(u8::try_from(bits >> held & 255).expect("a byte"));
            }
        }
        assert_eq!(secret.len(), 20, "{key}");
        Self { secret, last: 0 }
    }

    /// A code that counts and has not been used: the present one, or the next as soon as it counts.
    pub fn code(&mut self) -> String {
        let step = until("the next code counts", Duration::from_secs(90), || {
            let present = SystemClock.now().seconds() / STEP;
            let next = present.max(self.last + 1);
            (next <= present + 1).then_some(next)
        });
        self.last = step;
        self.code_of(step)
    }

    /// The code that was given last, once more.
    pub fn same_code(&self) -> String {
        self.code_of(self.last)
    }

    /// A code that is none of these minutes.
    pub fn wrong_code(&self) -> String {
        let present = SystemClock.now().seconds() / STEP;
        let near: Vec<_> = (present - 10..present + 10).map(|step| self.code_of(step)).collect();
        (0..100).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).expect("one of a hundred")
    }

    fn code_of(&self, step: u64) -> String {
        let mac = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret), &step.to_be_bytes());
        let mac = mac.as_ref();
        let at = usize::from(mac[19] % 16);
        let word = u32::from_be_bytes([mac[at] & 127, mac[at + 1], mac[at + 2], mac[at + 3]]);
        format!("{:06}", word % 1_000_000)
    }
}

/// The recovery codes that a page shows.
pub fn recovery_codes(page: &str) -> Vec<String> {
    let list = page.split_once("class=\"codes\"").map(|(_, rest)| rest.split("</ol>").next().unwrap_or_default());
    let codes = list.unwrap_or_default().split("<li>").skip(1).filter_map(|item| item.split('<').next());
    codes.map(str::to_owned).collect()
}
