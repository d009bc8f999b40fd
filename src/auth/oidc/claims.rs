//! What the claims of a provider mean here.

use std::time::Duration;

use serde_json::Value;

use super::{Claims, OpenIdError};
use crate::domain::email::{is_format, trimmed};
use crate::domain::{Account, Email, Profile, ProviderSession, Subject, Team, Timestamp};
use crate::settings::{OpenIdSettings, Secret};

/// The person whom the provider has proven.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Who they are at the provider, and its claims about them. Claims about the token are left out, and the largest if
    /// there are more than [`Subject::MAX_CLAIMS`] bytes.
    pub subject: Subject,
    /// The e-mail address, if one is claimed.
    pub email: Option<Email>,
    /// Whether the provider says, by a literal `true`, that this address is theirs.
    pub email_verified: bool,
    /// The name shown to people, of at most [`Account::MAX_NAME`] bytes.
    pub name: Option<String>,
    /// The teams, at most [`Profile::MAX_ENTRIES`]; empty if the provider sends none. `None`: no claim holds teams.
    pub teams: Option<Vec<Team>>,
    /// When the person last proved to the provider who they are, if it says.
    pub auth_time: Option<Timestamp>,
    /// The session there, if it names one.
    pub session: Option<ProviderSession>,
    /// When the provider issued the ID token, by its own clock, if it says.
    pub issued: Option<Timestamp>,
    /// The ID token, for the provider's logout. A secret.
    pub id_token: Secret,
    /// What the operator should know: claims of an odd type, teams that are left out.
    pub remarks: Vec<String>,
    /// Why the userinfo endpoint gave no answer. A person who is unknown here then has only the claims of the ID token.
    pub untold: Option<OpenIdError>,
}

/// The claims by their meaning.
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

    /// Who the person is, to the letter, from the claims of an ID token: this claim must be signed.
    pub(super) fn subject(&self, signed: &Claims) -> Result<String, OpenIdError> {
        let subject = signed.get(&self.subject).and_then(Value::as_str).filter(|text| (1..=255).contains(&text.len()));
        let wrong = || OpenIdError::Refused(format!("the claim {:?} is no text of 1 to 255 bytes", self.subject));
        subject.map(str::to_owned).ok_or_else(wrong)
    }

    /// Removes claims that are used here but have the wrong type: they count as absent. Null is absent anyway.
    pub(super) fn without_odd(&self, claims: &mut Claims, remarks: &mut Vec<String>) {
        let verified = self.email.is_some().then_some("email_verified");
        let mailbox = self.email.is_some().then_some("email");
        let texts =
            [self.email.as_deref(), mailbox, self.name.as_deref()].into_iter().flatten().map(|name| (name, "a text"));
        let others =
            [(verified, "true or false"), (self.teams.as_deref(), "a list"), (Some("auth_time"), "a positive number")];
        let others = others.into_iter().filter_map(|(name, kind)| name.map(|name| (name, kind)));
        for (name, kind) in texts.chain(others).chain([("iat", "a positive number"), ("nbf", "a number")]) {
            let good = match claims.get(name) {
                None => true,
                Some(Value::String(_)) => matches!(kind, "a text" | "a list"),
                Some(Value::Bool(_)) => kind == "true or false",
                Some(Value::Array(_)) => kind == "a list",
                // Some providers say 0 where they do not know.
                Some(Value::Number(number)) => {
                    kind == "a number" || kind == "a positive number" && number.as_f64().is_some_and(|it| it > 0.0)
                }
                Some(Value::Null | Value::Object(_)) => false,
            };
            if !good && claims.remove(name).is_some_and(|value| !value.is_null()) {
                remarks.push(format!("the claim {name:?} is not {kind}, and counts as absent"));
            }
        }
    }

    /// Whether claims that are used here are missing.
    pub(super) fn lacks_some(&self, claims: &Claims) -> bool {
        let verified = self.email.is_some().then_some("email_verified");
        let wanted = [self.email.as_deref(), verified, self.name.as_deref(), self.teams.as_deref()];
        wanted.into_iter().flatten().any(|claim| !claims.contains_key(claim))
    }

    /// What the claims say, without those of an odd type.
    pub(super) fn read(&self, told: Told) -> Claimed {
        let Told { issuer, subject, mut claims, id_token, mut remarks, untold } = told;
        let claimed = |name: &Option<String>| name.as_ref().and_then(|name| text(&claims, name));
        let email = claimed(&self.email).as_deref().and_then(Email::new);
        // `email_verified` is about the claim "email"; another claim is verified if it holds the same address.
        let verified = claims.get("email_verified") == Some(&Value::Bool(true));
        let mailbox = text(&claims, "email").filter(|address| is_plain(address)).as_deref().and_then(Email::new);
        let email_verified = verified && email.is_some() && email == mailbox;
        let name = claimed(&self.name).map(|name| Profile::plain(&name, Account::MAX_NAME));
        let teams = self.teams.as_ref().map(|claim| teams(&claims, claim, &mut remarks));
        let instant = |name: &str| {
            let seconds = claims.get(name).and_then(Value::as_f64).and_then(|s| Duration::try_from_secs_f64(s).ok());
            seconds.map(|since| Timestamp::default().plus(since))
        };
        let (auth_time, issued) = (instant("auth_time"), instant("iat"));
        let session = text(&claims, "sid").map(|sid| ProviderSession::of(&issuer, &sid));
        claims.retain(|name, _| !OF_THE_TOKEN.contains(&name.as_str()));
        let claims = bounded(claims).into_boxed_str();
        let subject = Subject { issuer: issuer.into(), subject: subject.into(), claims };
        Claimed { subject, email, email_verified, name, teams, auth_time, session, issued, id_token, remarks, untold }
    }
}

/// What a provider says about a person.
pub(super) struct Told {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) claims: Claims,
    pub(super) id_token: Secret,
    pub(super) remarks: Vec<String>,
    pub(super) untold: Option<OpenIdError>,
}

/// The teams that a claim lists; a text is a list of one. A missing claim means no team: a person who has left their
/// last team may come without it.
fn teams(claims: &Claims, claim: &str, remarks: &mut Vec<String>) -> Vec<Team> {
    let listed = match claims.get(claim) {
        Some(Value::Array(listed)) => listed.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => {
            // Distributed claims (OpenID Connect Core 1.0, section 5.6.2): Entra ID sends them for people in many
            // groups.
            let elsewhere = claims.get("_claim_names").is_some_and(|names| names.get(claim).is_some());
            let why =
                if elsewhere { "refers to elsewhere for (_claim_names: too many groups)" } else { "does not tell" };
            remarks.push(format!("the provider {why} the claim {claim:?}, so the person is in no team"));
            return Vec::new();
        }
    };
    let readable: Vec<_> = listed.iter().filter_map(team).collect();
    let teams: Vec<_> = readable.iter().take(Profile::MAX_ENTRIES).cloned().collect();
    if teams.len() < listed.len() {
        let (all, beyond, unreadable) = (listed.len(), readable.len() - teams.len(), listed.len() - readable.len());
        remarks.push(format!(
            "of the {all} teams in the claim {claim:?} {} are left out: {beyond} beyond the first {}, and {unreadable} that \
             are no text or object with an id, of 1 to {} bytes without control characters",
            beyond + unreadable,
            Profile::MAX_ENTRIES,
            Profile::MAX_ENTRY,
        ));
    }
    teams
}

/// The claims of an ID token, completed by those of the userinfo endpoint about the same person. The token takes
/// precedence.
pub(super) fn completed(mut signed: Claims, more: Claims) -> Claims {
    // An address and whether it is verified belong together: both come from the same place.
    if more.contains_key("email") && !(signed.contains_key("email") && signed.contains_key("email_verified")) {
        signed.remove("email");
        signed.remove("email_verified");
    } else if signed.contains_key("email") {
        signed.entry("email_verified").or_insert(Value::Null);
    }
    // The token alone proves the person.
    for (name, value) in more.into_iter().filter(|(name, _)| !OF_THE_PROOF.contains(&name.as_str())) {
        signed.entry(name).or_insert(value);
    }
    signed
}

/// Whether no letter of another script becomes an ASCII letter without case, as the Kelvin sign becomes k: such an
/// address is not the one that it looks like. A domain must not become an ASCII one either, nor have invisible
/// characters.
fn is_plain(address: &str) -> bool {
    let address = trimmed(address);
    let stays = |letter: char| !is_format(letter) && letter.to_lowercase().all(|low| !low.is_ascii());
    let ascii = Email::new(address).is_some_and(|email| email.as_str().is_ascii());
    address.is_ascii() || (!ascii && address.chars().filter(|letter| !letter.is_ascii()).all(stays))
}

fn text(claims: &Claims, name: &str) -> Option<String> {
    claims.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A team: a text is both its id and its name; an object has them.
fn team(value: &Value) -> Option<Team> {
    let (id, name) = match value {
        Value::String(id) => (id.as_str(), id.as_str()),
        Value::Object(team) => {
            let id = team.get("id")?.as_str()?;
            (id, team.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(id))
        }
        _ => return None,
    };
    Profile::is_entry(id).then(|| Team { id: id.into(), name: Profile::plain(name, Profile::MAX_ENTRY).into() })
}

/// The claims as JSON, without the largest if there are too many.
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
