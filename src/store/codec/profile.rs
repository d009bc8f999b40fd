//! The tail of an account's record: what the directory knows of the user. One byte where that is nothing.

use super::bytes::{Reader, Writer};
use crate::domain::{Profile, Rights, SignOn, Subject, Team};
use crate::store::StoreError;

pub(super) fn write_profile(out: &mut Writer, profile: &Profile) {
    let known = *profile != Profile::default();
    out.flags(&[known]);
    if !known {
        return;
    }
    let Profile { rights, scopes, teams, tags, subject, reauth_request, sign_ons } = profile;
    out.flags(&[rights.frontend, rights.client_dev, subject.is_some(), reauth_request.is_some()]);
    for texts in [scopes, tags] {
        out.texts(texts);
    }
    out.u16(teams.len());
    for team in teams {
        out.text(&team.id);
        out.text(&team.name);
    }
    if let Some(subject) = subject {
        out.text(&subject.issuer);
        out.text(&subject.subject);
        out.text(&subject.claims);
    }
    if let Some(since) = reauth_request {
        out.instant(*since);
    }
    out.u16(sign_ons.len());
    for sign_on in sign_ons {
        out.digest(sign_on.digest);
        out.instant(sign_on.expires);
        out.instant(sign_on.proven);
    }
}

pub(super) fn read_profile(from: &mut Reader<'_>) -> Result<Profile, StoreError> {
    // A record from before there were profiles ends here.
    if from.at_end() || from.flags()? == [false] {
        return Ok(Profile::default());
    }
    let [frontend, client_dev, has_subject, has_consent] = from.flags()?;
    let text = |from: &mut Reader<'_>| from.text().map(Box::from);
    let scopes = from.list(text)?;
    let tags = from.list(text)?;
    let teams = from.list(|from| Ok(Team { id: from.text()?.into(), name: from.text()?.into() }))?;
    let subject = if has_subject {
        Some(Subject { issuer: from.text()?.into(), subject: from.text()?.into(), claims: from.text()?.into() })
    } else {
        None
    };
    let reauth_request = if has_consent { Some(from.instant()?) } else { None };
    let sign_ons =
        from.list(|from| Ok(SignOn { digest: from.digest()?, expires: from.instant()?, proven: from.instant()? }))?;
    Ok(Profile { rights: Rights { frontend, client_dev }, scopes, teams, tags, subject, reauth_request, sign_ons })
}
