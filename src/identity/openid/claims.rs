//! What a provider's claims mean here.

use openidconnect::IssuerUrl;
use serde_json::Value;

use super::{Claims, OpenIdError};
use crate::domain::email::{is_format, trimmed};
use crate::domain::{Email, Profile, Subject, Team, Timestamp};
use crate::settings::OpenIdSettings;

/// Who came, as the provider proved it.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Who it is there, and what the provider says of them: the largest claims are left out if there are more than
    /// [`Subject::MAX_CLAIMS`], and those that are about the token and not about the person.
    pub subject: Subject,
    /// The e-mail address, if one is claimed.
    pub email: Option<Email>,
    /// Whether the provider says, by a literal `true`, that this address is theirs.
    pub email_verified: bool,
    /// The name shown to people, of at most [`Claimed::MAX_NAME`] bytes.
    pub name: Option<String>,
    /// The teams, at most [`Profile::MAX_ENTRIES`]; `None`: no claim about teams is asked for, or none came.
    pub teams: Option<Vec<Team>>,
    /// When the person last proved to the provider who they are, if it says.
    pub auth_time: Option<Timestamp>,
    /// When the provider issued the ID token, by its own clock.
    pub issued: Timestamp,
}

impl Claimed {
    /// The longest name, in bytes; the rest is cut off.
    pub const MAX_NAME: usize = 256;
}

/// Which claim means what.
pub(super) struct Mapping {
    subject: String,
    email: Option<String>,
    name: Option<String>,
    teams: Option<String>,
}

/// Claims about the token.
const OF_THE_TOKEN: [&str; 11] =
    ["aud", "exp", "iat", "nbf", "nonce", "azp", "jti", "sid", "at_hash", "c_hash", "s_hash"];

/// Claims about how the person was proven.
const OF_THE_PROOF: [&str; 4] = ["iss", "auth_time", "acr", "amr"];

impl Mapping {
    pub(super) fn of(settings: &OpenIdSettings) -> Self {
        Self {
            subject: settings.subject_claim.clone(),
            email: settings.email_claim.clone(),
            name: settings.name_claim.clone(),
            teams: settings.teams_claim.clone(),
        }
    }

    /// Who it is, to the letter, from the claims of an ID token: of all claims this one must be signed.
    pub(super) fn subject(&self, signed: &Claims) -> Result<String, OpenIdError> {
        let subject = signed.get(&self.subject).and_then(Value::as_str).filter(|text| (1..=255).contains(&text.len()));
        let wrong = || OpenIdError::Refused(format!("the claim {:?} is no text of 1 to 255 bytes", self.subject));
        subject.map(str::to_owned).ok_or_else(wrong)
    }

    /// Whether claims that matter here are not among these.
    pub(super) fn lacks_some(&self, claims: &Claims) -> bool {
        let verified = self.email.is_some().then_some("email_verified");
        let wanted = [self.email.as_deref(), verified, self.name.as_deref(), self.teams.as_deref()];
        wanted.into_iter().flatten().any(|claim| !claims.contains_key(claim))
    }

    pub(super) fn read(&self, issuer: &IssuerUrl, subject: String, mut claims: Claims) -> Claimed {
        let claimed = |name: &Option<String>| name.as_ref().and_then(|name| text(&claims, name));
        let email = claimed(&self.email).as_deref().and_then(Email::new);
        // What is verified is the claim "email"; another claim is if it holds the same address.
        let verified = claims.get("email_verified") == Some(&Value::Bool(true));
        let mailbox = text(&claims, "email").filter(|address| is_plain(address)).as_deref().and_then(Email::new);
        let email_verified = verified && email.is_some() && email == mailbox;
        let name = claimed(&self.name).map(|name| plain(&name, Claimed::MAX_NAME));
        let teams = self.teams.as_ref().and_then(|claim| claims.get(claim)).and_then(Value::as_array);
        let teams = teams.map(|teams| teams.iter().filter_map(team).take(Profile::MAX_ENTRIES).collect());
        let instant = |name: &str| {
            claims.get(name).and_then(Value::as_u64).map(|s| Timestamp::from_millis(s.saturating_mul(1000)))
        };
        let (auth_time, issued_at) = (instant("auth_time"), instant("iat").unwrap_or_default());
        claims.retain(|name, _| !OF_THE_TOKEN.contains(&name.as_str()));
        let claims = bounded(claims).into_boxed_str();
        let subject = Subject { issuer: issuer.as_str().into(), subject: subject.into(), claims };
        Claimed { subject, email, email_verified, name, teams, auth_time, issued: issued_at }
    }
}

/// The claims of an ID token, completed by what the userinfo endpoint tells of the same person. The token counts more.
pub(super) fn completed(mut signed: Claims, more: Claims) -> Result<Claims, OpenIdError> {
    if more.get("sub").is_none() || more.get("sub") != signed.get("sub") {
        return Err(OpenIdError::Refused("the userinfo endpoint tells of somebody else".to_owned()));
    }
    // An address and whether it is verified belong together: never one from here and one from there.
    if more.contains_key("email") && !(signed.contains_key("email") && signed.contains_key("email_verified")) {
        signed.remove("email");
        signed.remove("email_verified");
    } else if signed.contains_key("email") {
        signed.entry("email_verified").or_insert(Value::Null);
    }
    // What proves is the token, and nothing else.
    for (name, value) in more.into_iter().filter(|(name, _)| !OF_THE_PROOF.contains(&name.as_str())) {
        signed.entry(name).or_insert(value);
    }
    Ok(signed)
}

/// Whether no letter of another script turns into an ASCII one when case is dropped, as the Kelvin sign turns into k:
/// who has such an address has not the one that it would be taken for. Nor must a domain turn into an ASCII one, or hide
/// characters that show nothing.
fn is_plain(address: &str) -> bool {
    let address = trimmed(address);
    let stays = |letter: char| !is_format(letter) && letter.to_lowercase().all(|low| !low.is_ascii());
    let ascii = Email::new(address).is_some_and(|email| email.as_str().is_ascii());
    address.is_ascii() || (!ascii && address.chars().filter(|letter| !letter.is_ascii()).all(stays))
}

fn text(claims: &Claims, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A text is a team's id and name; an object says them.
fn team(value: &Value) -> Option<Team> {
    let (id, name) = match value {
        Value::String(id) => (id.as_str(), id.as_str()),
        Value::Object(team) => {
            let id = team.get("id")?.as_str()?;
            (id, team.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(id))
        }
        _ => return None,
    };
    let good = (1..=Profile::MAX_ENTRY).contains(&id.len());
    good.then(|| Team { id: id.into(), name: plain(name, Profile::MAX_ENTRY).into() })
}

/// A name as one is kept: on one line, and cut off after so many bytes.
fn plain(name: &str, most: usize) -> String {
    let mut length = 0;
    let short = name.chars().filter(|letter| !letter.is_control()).take_while(|letter| {
        length += letter.len_utf8();
        length <= most
    });
    short.collect()
}

/// As JSON, without the largest if there are too many.
fn bounded(mut claims: Claims) -> String {
    loop {
        let json = Value::Object(claims);
        let text = json.to_string();
        let Value::Object(all) = json else { return text };
        claims = all;
        if text.len() <= Subject::MAX_CLAIMS {
            return text;
        }
        let size = |(name, value): &(&String, &Value)| name.len() + value.to_string().len();
        let largest = claims.iter().max_by_key(size).map(|(name, _)| name.clone());
        claims.retain(|name, _| Some(name) != largest.as_ref());
    }
}
