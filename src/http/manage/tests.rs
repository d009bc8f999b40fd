//! Every request of operators has a route, and the client asks there.

use std::error::Error;

use uuid::Uuid;

use crate::admin::bodies::Hold;
use crate::admin::{
    Change, Entry, EventQuery, NewAccount, NewAppPassword, NewToken, PersonName, Request, Row, SessionFilter,
    SessionSelector, UserFilter, UserSelector,
};
use crate::domain::{
    AppPasswordId, Email, LinkPurpose, Network, PasswordHash, RedirectTarget, Right, Scope, Scopes, TokenDigest, UserId,
};
use crate::http::Route;

const USER: UserId = UserId(Uuid::from_u128(7));

/// One request of each kind, in turn: the one after `last`. A new kind does not compile until it has its place here.
fn after(last: Option<&Request>) -> Result<Option<Request>, Box<dyn Error>> {
    let who = || UserSelector::Id(USER);
    let url = || RedirectTarget::parse("https://app.example.org/done?a=b");
    let entry = || Entry::parse("help desk / night").ok_or("a name");
    let new = || NewAccount::try_from(Row { email: Some("a@example.org".to_owned()), ..Row::default() });
    Ok(Some(match last {
        None => Request::Add(new()?),
        Some(Request::Add(_)) => Request::Show(UserSelector::parse("a/b?c@example.org").ok_or("an address")?),
        Some(Request::Show(_)) => Request::List {
            after: Some("x".to_owned()),
            limit: 1,
            profiles: true,
            filter: UserFilter { search: Some("a&b".into()), disabled: true, no_password: true },
        },
        Some(Request::List { .. }) => Request::Change(who(), Change::Enabled(true)),
        Some(Request::Change(..)) => Request::AddLink { user: USER, purpose: LinkPurpose::Reset, digest: [7; 16] },
        Some(Request::AddLink { .. }) => Request::Delete(who()),
        Some(Request::Delete(_)) => Request::Unlink { issuer: "https://example.org".to_owned(), after: None },
        Some(Request::Unlink { .. }) => Request::Check(Vec::new()),
        Some(Request::Check(_)) => Request::Create(vec![new()?]),
        Some(Request::Create(_)) => Request::AppPasswords(who()),
        Some(Request::AppPasswords(_)) => Request::Sessions(who()),
        Some(Request::Sessions(_)) => Request::AllSessions { after: None, limit: 1, filter: SessionFilter::default() },
        Some(Request::AllSessions { .. }) => Request::Close(who(), SessionSelector::All),
        Some(Request::Close(_, SessionSelector::All)) => {
            Request::Close(who(), SessionSelector::One("a client/of mine".to_owned()))
        }
        Some(Request::Close(_, SessionSelector::One(_))) => Request::SignOns(who()),
        Some(Request::SignOns(_)) => Request::SignOff(who()),
        Some(Request::SignOff(_)) => Request::Waive(who()),
        Some(Request::Waive(_)) => Request::AddRedirect(url()?),
        Some(Request::AddRedirect(_)) => Request::RemoveRedirect(url()?),
        Some(Request::RemoveRedirect(_)) => Request::Redirects { after: None, limit: 1 },
        Some(Request::Redirects { .. }) => Request::Licenses,
        Some(Request::Licenses) => Request::Arrivals { after: None, limit: 1 },
        Some(Request::Arrivals { .. }) => Request::UpstreamUntil,
        Some(Request::UpstreamUntil) => Request::Events(EventQuery { user: Some(who()), ..EventQuery::default() }),
        Some(Request::Events(_)) => Request::Throttle(who(), Network::parse("2001:db8::1")),
        Some(Request::Throttle(..)) => Request::Lift(who(), Network::parse("192.0.2.7")),
        Some(Request::Lift(..)) => Request::NetworkThrottle(Network::parse("2001:db8::1").ok_or("a network")?),
        Some(Request::NetworkThrottle(network)) => Request::LiftNetwork(*network),
        Some(Request::LiftNetwork(_)) => Request::Throttled,
        Some(Request::Throttled) => Request::Keys,
        Some(Request::Keys) => Request::RotateKey,
        Some(Request::RotateKey) => Request::ResetKeys,
        Some(Request::ResetKeys) => Request::Hold(Hold::Undo {}),
        Some(Request::Hold(_)) => Request::Tokens,
        Some(Request::Tokens) => Request::AddToken(NewToken {
            name: entry()?,
            digest: TokenDigest([7; 16]),
            scopes: Scopes::of(&[Scope::Read]),
            days: Some(1),
        }),
        Some(Request::AddToken(_)) => Request::RemoveToken(entry()?),
        Some(Request::RemoveToken(_)) => return Ok(None),
    }))
}

/// One change of each kind, in turn.
fn change_after(last: Option<&Change>) -> Result<Option<Change>, Box<dyn Error>> {
    Ok(Some(match last {
        None => Change::Password(
            PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAA").ok_or("a hash")?,
        ),
        Some(Change::Password(_)) => Change::Email(Email::new("a@example.org").ok_or("an address")?),
        Some(Change::Email(_)) => Change::Name(PersonName::parse("A B").ok_or("a name")?),
        Some(Change::Name(_)) => Change::Enabled(false),
        Some(Change::Enabled(_)) => Change::Unlink,
        Some(Change::Unlink) => Change::Rights { grant: vec![Right::Frontend], revoke: vec![] },
        Some(Change::Rights { .. }) => Change::Scopes { add: vec![], remove: vec![] },
        Some(Change::Scopes { .. }) => Change::Teams { add: vec![], remove: vec![] },
        Some(Change::Teams { .. }) => Change::Tags { add: vec![], remove: vec![] },
        Some(Change::Tags { .. }) => Change::ResetFactor,
        Some(Change::ResetFactor) => Change::AddAppPassword(NewAppPassword {
            id: AppPasswordId(Uuid::from_u128(8)),
            digest: TokenDigest([7; 16]),
            name: Entry::parse("phone").ok_or("a name")?,
            days: None,
            most: 1,
        }),
        Some(Change::AddAppPassword(_)) => Change::RevokeAppPasswords(None),
        Some(Change::RevokeAppPasswords(None)) => Change::RevokeAppPasswords(Some(AppPasswordId(Uuid::from_u128(8)))),
        Some(Change::RevokeAppPasswords(Some(_))) => return Ok(None),
    }))
}

fn leads_somewhere(request: &Request) -> Result<(), Box<dyn Error>> {
    let call = request.call()?;
    let route = Route::of(&call.path);
    assert!(super::is_below(route.pattern()), "{} {} has no route", call.method, call.path);
    let taken = route.allow().split(", ").any(|method| method == call.method);
    assert!(taken, "{} is none of {} at {}", call.method, route.allow(), call.path);
    Ok(())
}

#[test]
fn every_request_has_a_route() -> Result<(), Box<dyn Error>> {
    let mut last = None;
    while let Some(request) = after(last.as_ref())? {
        leads_somewhere(&request)?;
        last = Some(request);
    }
    let mut last = None;
    while let Some(change) = change_after(last.as_ref())? {
        let again = change_after(last.as_ref())?.ok_or("the same")?;
        leads_somewhere(&Request::Change(UserSelector::Id(USER), again))?;
        last = Some(change);
    }
    Ok(())
}

#[test]
fn what_a_path_names_stays_one_segment() -> Result<(), Box<dyn Error>> {
    let who = UserSelector::parse("a/b?c#d%e@example.org").ok_or("an address")?;
    assert_eq!(Request::Show(who).call()?.path, "/manage/v1/users/a%2Fb%3Fc%23d%25e@example.org");
    Ok(())
}
