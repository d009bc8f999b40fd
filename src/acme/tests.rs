//! When the next order may begin, by what is noted, the certificate that there is, and the clock.

use std::fs;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;
use crate::clock::ManualClock;
use crate::tls::CertificateFiles;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const DAY: Duration = Duration::from_secs(86_400);
/// 2030-01-01, in seconds since 1970.
const BEGIN: u64 = 1_893_456_000;
/// 2030-04-01: after 90 days.
const END: u64 = BEGIN + 90 * 86_400;
/// When a third of that is left.
const LATE: u64 = BEGIN + 60 * 86_400;
const AT_ONCE: u64 = 0;

/// One with a certificate of 90 days, if it has any, at this instant.
fn acme(folder: &TempDir, has_certificate: bool, now: u64) -> Result<Acme, Box<dyn std::error::Error>> {
    let path = folder.path().join(AcmeSettings::CERTIFICATE);
    if has_certificate {
        let mut params = CertificateParams::new(["login.example.org".to_owned()])?;
        (params.not_before, params.not_after) = (date_time_ymd(2030, 1, 1), date_time_ymd(2030, 4, 1));
        let key = KeyPair::generate()?;
        fs::write(&path, params.self_signed(&key)?.pem() + &key.serialize_pem())?;
    }
    let certificate = ServerCertificate::by_acme(CertificateFiles { certificate: path.clone(), key: path })?;
    let settings = AcmeSettings {
        directory: Some("https://acme.example.org/directory".to_owned()),
        domains: vec!["login.example.org".to_owned()],
        contact: None,
        folder: Some(folder.path().display().to_string()),
        ca_file: None,
    };
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(at(now)));
    Ok(Acme::new(&settings, &certificate.into(), &clock)?.ok_or("none")?)
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1000))
}

/// When an order is due, in seconds since 1970, if this was noted of a certificate that ends then.
fn due(acme: &Acme, next_order: u64, failures: u32, certificate_end: u64) -> u64 {
    let domains = acme.settings.domains.clone();
    let directory = acme.settings.directory.clone().unwrap_or_default();
    let state = State { directory, domains, next_order, failures, certificate_end };
    acme.due(&state, acme.clock.now()).seconds()
}

#[test]
fn a_pause_after_a_failure_is_kept_unless_a_clock_that_was_ahead_noted_it() -> Outcome {
    for has_certificate in [false, true] {
        let folder = TempDir::new()?;
        let acme = acme(&folder, has_certificate, BEGIN)?;
        let longest = BEGIN + LONGEST_PAUSE.as_secs();
        // It is noted rounded up.
        assert_eq!(due(&acme, longest + 1, 9, 0), longest + 1);
        assert_eq!(due(&acme, BEGIN + 2 * 86_400, 1, 0), AT_ONCE, "the clock was ahead");
        assert_eq!(due(&acme, u64::MAX, 1, 0), AT_ONCE);
    }
    Ok(())
}

#[test]
fn a_renewal_begins_as_noted_but_not_later_than_the_certificate_needs() -> Outcome {
    let folder = TempDir::new()?;
    let early = acme(&folder, true, BEGIN)?;
    assert_eq!(early.take_up()?.seconds(), LATE);
    assert_eq!(due(&early, LATE, 0, END), LATE);
    assert_eq!(due(&early, BEGIN + 86_400, 0, END), BEGIN + 86_400);
    assert_eq!(due(&early, BEGIN + 3_650 * 86_400, 0, END), LATE, "the clock was ahead");
    assert_eq!(due(&early, u64::MAX, 0, END), LATE);

    // One from a backup, which was to be renewed earlier than the one that was noted.
    let late = acme(&folder, true, END - 86_400)?;
    assert_eq!(due(&late, END + 20 * 86_400, 0, END + 50 * 86_400), LATE);
    Ok(())
}

#[test]
fn a_clock_that_is_ahead_does_not_order_in_a_loop() -> Outcome {
    let folder = TempDir::new()?;
    // The certificate that was had this moment ends in a day, or has ended long ago.
    for now in [END - 86_400, END + 3_650 * 86_400] {
        let acme = acme(&folder, true, now)?;
        let next = acme.take_up()?;
        acme.note(next, 0)?;
        let state = State::read(&folder.path().canonicalize()?)?;
        assert_eq!((next, acme.due(&state, at(now))), (at(now).plus(30 * DAY), next));
    }
    Ok(())
}

#[test]
fn a_folder_that_is_missing_is_made_for_the_user_alone() -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = TempDir::new()?;
    let Acme { mut settings, certificate, clock, .. } = acme(&folder, false, BEGIN)?;
    let missing = folder.path().join("below/acme");
    settings.folder = Some(missing.display().to_string());
    for _again in 0..2 {
        Acme::new(&settings, &certificate, &clock)?;
        assert_eq!(fs::metadata(&missing)?.permissions().mode() & 0o777, 0o700);
    }
    Ok(())
}
