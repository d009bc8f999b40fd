//! What the attributes of an entry mean here.

use ldap3::SearchEntry;
use uuid::Uuid;

use crate::domain::{Account, Email, Profile, Team};
use crate::settings::LdapSettings;

/// A person as an LDAP server knows them.
#[derive(Debug)]
pub struct Entry {
    /// What names the person there and never changes.
    pub id: Box<str>,
    /// The e-mail addresses.
    pub emails: Vec<Email>,
    /// The name shown to people, if an attribute has it.
    pub name: Option<Box<str>>,
    /// The teams, at most [`Profile::MAX_ENTRIES`]; `None`: no attribute holds them.
    pub teams: Option<Vec<Team>>,
    /// What to bind as.
    pub(super) dn: String,
}

/// The attribute of Active Directory whose value is a GUID in Microsoft's order of bytes.
const GUID: &str = "objectGUID";
/// The longest id, in bytes.
const MAX_ID: usize = 255;

impl Entry {
    /// The attributes to ask for.
    pub(super) fn attributes(settings: &LdapSettings) -> Vec<String> {
        let LdapSettings { id_attribute, email_attribute, name_attribute, teams_attribute, .. } = settings;
        let always = [id_attribute, email_attribute].into_iter();
        always.chain(name_attribute).chain(teams_attribute).cloned().collect()
    }

    /// Reads an entry. What is missing, if nobody can be known by it.
    pub(super) fn read(found: SearchEntry, settings: &LdapSettings) -> Result<Self, String> {
        let texts = |name: &str| -> Vec<&str> {
            let named = found.attrs.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            named.flat_map(|(_, values)| values).map(|value| value.trim()).filter(|value| !value.is_empty()).collect()
        };
        // With an empty name a bind is anonymous (RFC 4513, 5.1), and succeeds with any password.
        if found.dn.is_empty() {
            return Err("the entry has no distinguished name".to_owned());
        }
        let id = id(&found, &settings.id_attribute).ok_or_else(|| {
            let name = &settings.id_attribute;
            format!("the entry has not exactly one {name} of 1 to {MAX_ID} bytes that the bind account may read")
        })?;
        let emails = texts(&settings.email_attribute).into_iter().filter_map(Email::new).collect();
        let name = settings.name_attribute.as_ref().and_then(|attribute| texts(attribute).first().copied());
        let name = name.map(|name| Profile::plain(name, Account::MAX_NAME).into());
        let teams = settings.teams_attribute.as_ref().map(|attribute| {
            let mut teams: Vec<Team> = Vec::new();
            for team in texts(attribute).into_iter().filter_map(team) {
                if teams.len() < Profile::MAX_ENTRIES && !teams.contains(&team) {
                    teams.push(team);
                }
            }
            teams
        });
        Ok(Self { id, emails, name, teams, dn: found.dn })
    }
}

fn id(found: &SearchEntry, attribute: &str) -> Option<Box<str>> {
    let named = |known: &str| known.eq_ignore_ascii_case(attribute);
    let texts = found.attrs.iter().filter(|(known, _)| named(known)).flat_map(|(_, values)| values);
    let bytes = found.bin_attrs.iter().filter(|(known, _)| named(known)).flat_map(|(_, values)| values);
    let values: Vec<&[u8]> = texts.map(String::as_bytes).chain(bytes.map(Vec::as_slice)).collect();
    let [value] = values[..] else { return None };
    if attribute.eq_ignore_ascii_case(GUID) {
        let guid = Uuid::from_bytes_le(value.try_into().ok()?);
        return Some(guid.to_string().into());
    }
    let text = std::str::from_utf8(value).ok()?;
    let good = (1..=MAX_ID).contains(&text.len()) && !text.contains(char::is_control);
    good.then(|| text.into())
}

/// A group: of a distinguished name the value that it begins with, other texts as they are.
fn team(value: &str) -> Option<Team> {
    let name = first_value(value).unwrap_or_else(|| value.to_owned());
    Profile::is_entry(&name).then(|| Team { id: name.as_str().into(), name: name.as_str().into() })
}

/// The value of the first attribute of a distinguished name (RFC 4514, section 3), without its escapes.
fn first_value(dn: &str) -> Option<String> {
    let (attribute, rest) = dn.split_once('=')?;
    if attribute.is_empty()
        || !attribute.bytes().all(|letter| letter.is_ascii_alphanumeric() || b"-.".contains(&letter))
    {
        return None;
    }
    let mut value = Vec::new();
    let mut letters = rest.bytes();
    while let Some(letter) = letters.next() {
        match letter {
            b',' | b'+' => break,
            b'\\' => {
                let escaped = letters.next()?;
                let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                value.push(match hex(escaped) {
                    Some(high) => high << 4 | hex(letters.next()?)?,
                    None => escaped,
                });
            }
            letter => value.push(letter),
        }
    }
    String::from_utf8(value).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::settings::Settings;

    fn entry(attributes: &[(&str, &[&str])], id: &[u8]) -> SearchEntry {
        let attrs = attributes
            .iter()
            .map(|(name, values)| ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()));
        let bin_attrs = HashMap::from([("objectGUID".to_owned(), vec![id.to_vec()])]);
        SearchEntry { dn: "cn=a,dc=example".to_owned(), attrs: attrs.collect(), bin_attrs }
    }

    #[test]
    fn a_guid_is_written_as_microsoft_writes_it() {
        let mut settings = Settings::defaults().expect("the defaults").ldap;
        "objectGUID".clone_into(&mut settings.id_attribute);
        let id: Vec<u8> = (0..16).collect();
        let read = Entry::read(entry(&[], &id), &settings).expect("an id");
        assert_eq!(&*read.id, "03020100-0504-0706-0809-0a0b0c0d0e0f");
        assert!(Entry::read(entry(&[], &id[1..]), &settings).is_err());
    }

    #[test]
    fn names_of_attributes_compare_without_case_and_ids_are_single() {
        let mut settings = Settings::defaults().expect("the defaults").ldap;
        settings.teams_attribute = Some("memberOf".to_owned());
        let groups = ["cn=A\\, B\\2bC,dc=x", "Plain", "cn=Plain,ou=elsewhere", "cn=,dc=x"];
        let found =
            entry(&[("EntryUUID", &["7"]), ("MAIL", &[" A@b "]), ("CN", &[" N\u{7}ame "]), ("memberof", &groups)], b"");
        let read = Entry::read(found, &settings).expect("an id");
        assert_eq!((&*read.id, read.name.as_deref()), ("7", Some("Name")));
        assert_eq!(read.emails.iter().map(Email::as_str).collect::<Vec<_>>(), ["a@b"]);
        let teams: Vec<_> = read.teams.iter().flatten().map(|team| &*team.id).collect();
        assert_eq!(teams, ["A, B+C", "Plain"]);
        for ids in [&[][..], &["7", "8"], &[""], &["7\n"]] {
            assert!(Entry::read(entry(&[("entryUUID", ids)], b""), &settings).is_err(), "{ids:?}");
        }
        let nameless = SearchEntry { dn: String::new(), ..entry(&[("entryUUID", &["7"])], b"") };
        assert!(Entry::read(nameless, &settings).is_err());
    }

    proptest! {
        #[test]
        fn an_arbitrary_group_is_a_team_or_none(value in "(?s).{0,40}|[a-z=,+\\\\0-9a-f]{0,40}") {
            if let Some(team) = team(&value) {
                prop_assert!(Profile::is_entry(&team.id));
            }
        }
    }
}
