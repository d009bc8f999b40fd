//! Codes that an app makes of the time: TOTP (RFC 6238) over HOTP (RFC 4226), as every app has it: HMAC-SHA-1, six digits,
//! 30 seconds.
//!
//! Written here, since it is one HMAC of the library that all cryptography here is from. What is difficult about such codes is
//! which of them counts, and that nothing but the account's record can say.

use aws_lc_rs::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::domain::Timestamp;

/// How long a code is shown, in seconds.
const STEP: u64 = 30;
/// How many steps the app's clock may be ahead or behind.
const TOLERATED: u64 = 1;
/// RFC 4648, 6.
const BASE_32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an app shares with this server: as many bits as the digest has (RFC 4226, 4).
pub struct TotpSecret(pub(super) Zeroizing<[u8; Self::BYTES]>);

impl TotpSecret {
    pub(super) const BYTES: usize = 20;

    /// The time step whose code this is, within what the app's clock may be off.
    pub(super) fn step_of(&self, code: u32, now: Timestamp) -> Option<u64> {
        let present = now.seconds() / STEP;
        let mut found = None;
        for step in present.saturating_sub(TOLERATED)..=present + TOLERATED {
            // Of two steps with one code the later, so that it cannot be used twice.
            if self.code(step).ct_eq(&code).into() {
                found = Some(step);
            }
        }
        found
    }

    /// The code that the app shows at an instant.
    #[cfg(test)]
    pub(in crate::auth) fn code_at(&self, now: Timestamp) -> u32 {
        self.code(now.seconds() / STEP)
    }

    /// The code of a time step (RFC 4226, 5.3).
    fn code(&self, step: u64) -> u32 {
        let mac = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &*self.0), &step.to_be_bytes());
        let mac = mac.as_ref();
        let offset = usize::from(mac[mac.len() - 1] & 15);
        let word = mac[offset..offset + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        (word & 0x7fff_ffff) % 1_000_000
    }

    /// In base 32, in groups that can be typed.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let plain = self.base_32();
        let groups = plain.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap_or_default());
        Zeroizing::new(groups.collect::<Vec<_>>().join(" "))
    }

    /// As apps read it from a QR code (the "Key Uri Format" of Google Authenticator). `issuer` and `account` are what the
    /// app shows.
    #[must_use]
    pub fn to_uri(&self, issuer: &str, account: &str) -> Zeroizing<String> {
        // Some apps take a plus sign for one.
        let escaped =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let (issuer, account) = (escaped(issuer), escaped(account));
        let secret = self.base_32();
        Zeroizing::new(format!("otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}", &*secret))
    }

    fn base_32(&self) -> Zeroizing<String> {
        // Five bytes are eight symbols, and there are four times five.
        let mut text = Zeroizing::new(String::with_capacity(Self::BYTES / 5 * 8));
        for five in self.0.chunks_exact(5) {
            let bits = five.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
            let symbols = (0..8).rev().map(|place| BASE_32[(bits >> (5 * place) & 31) as usize]);
            text.extend(symbols.map(char::from));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "12345678901234567890", the secret of both RFCs.
    fn secret() -> TotpSecret {
        TotpSecret(Zeroizing::new(*b"12345678901234567890"))
    }

    #[test]
    fn codes_are_those_of_rfc_4226_and_rfc_6238() {
        let codes: Vec<_> = (0..10).map(|count| secret().code(count)).collect();
        let of_4226 = [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        assert_eq!(codes, of_4226);
        for (seconds, eight_digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(secret().code(seconds / STEP), eight_digits % 1_000_000, "at {seconds}");
        }
    }

    #[test]
    fn an_app_may_be_a_step_ahead_or_behind() {
        let at = |seconds: u64| Timestamp::from_millis(seconds * 1000);
        let code = secret().code(1_000);
        for (seconds, found) in [
            (29_969, None),
            (29_970, Some(1_000)),
            (30_000, Some(1_000)),
            (30_029, Some(1_000)),
            (30_059, Some(1_000)),
            (30_060, None),
        ] {
            assert_eq!(secret().step_of(code, at(seconds)), found, "at {seconds}");
        }
        assert_eq!(secret().step_of(secret().code(0), at(0)), Some(0));
    }

    #[test]
    fn apps_can_read_the_secret() {
        assert_eq!(*secret().to_text(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let uri = secret().to_uri("login.example.org", "a+b c@example.org");
        let expected = "otpauth://totp/login.example.org:a%2Bb%20c%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
                        &issuer=login.example.org";
        assert_eq!(*uri, expected);
    }
}
