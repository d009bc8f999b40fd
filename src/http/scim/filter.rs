//! Filters (RFC 7644, 3.4.2.2), as far as an index answers them.

use super::error::ScimError;

/// The URI of the schema of users, which may stand before an attribute.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The URI of the schema of groups.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// Whom a filter asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Filter {
    /// `userName eq "…"`, in any case.
    UserName(String),
    /// `externalId eq "…"`, to the letter.
    ExternalId(String),
    /// `id eq "…"`
    Id(String),
}

impl Filter {
    /// Reads a filter: one attribute, `eq`, and a text as JSON has it. Names and the operator are in any case.
    ///
    /// # Errors
    /// If it is any other filter: to answer that, every user would have to be read.
    pub fn parse(text: &str) -> Result<Self, ScimError> {
        let other = || {
            ScimError::invalid_filter(
                "Only userName eq \"…\", externalId eq \"…\" and id eq \"…\" are answered here, each alone.",
            )
        };
        let [(attribute, value)] = <[_; 1]>::try_from(terms(text).ok_or_else(other)?).map_err(|_| other())?;
        match attribute.as_str() {
            "username" => Ok(Self::UserName(value)),
            "externalid" => Ok(Self::ExternalId(value)),
            "id" => Ok(Self::Id(value)),
            _ => Err(other()),
        }
    }
}

/// Which groups a filter asks for: those of which all of it is true.
#[derive(Debug, PartialEq, Eq)]
pub enum GroupTerm {
    /// `displayName eq "…"`, in any case.
    Name(String),
    /// `externalId eq "…"`, to the letter.
    ExternalId(String),
    /// `id eq "…"`
    Id(String),
    /// `members eq "…"`, or `members.value`: that user is in it.
    Member(String),
}

impl GroupTerm {
    /// Reads a filter of one or several terms, joined by `and`.
    ///
    /// # Errors
    /// If it is any other filter.
    pub fn parse(text: &str) -> Result<Vec<Self>, ScimError> {
        let other = || {
            ScimError::invalid_filter(
                "Only displayName, externalId, id and members are answered here, by eq \"…\", alone or joined by and.",
            )
        };
        let term = |(attribute, value): (String, String)| match attribute.as_str() {
            "displayname" => Ok(Self::Name(value)),
            "externalid" => Ok(Self::ExternalId(value)),
            "id" => Ok(Self::Id(value)),
            "members" | "members.value" => Ok(Self::Member(value)),
            _ => Err(other()),
        };
        terms(text).ok_or_else(other)?.into_iter().map(term).collect()
    }
}

/// Terms joined by `and`, each an attribute in lower case and the text that it equals; `None` if a filter is any other.
fn terms(filter: &str) -> Option<Vec<(String, String)>> {
    let mut rest = filter.trim();
    let mut terms = Vec::new();
    loop {
        let (attribute, after) = rest.split_once(char::is_whitespace)?;
        let (operator, after) = after.trim_start().split_once(char::is_whitespace)?;
        if !operator.eq_ignore_ascii_case("eq") {
            return None;
        }
        let mut values = serde_json::Deserializer::from_str(after).into_iter::<String>();
        let value = values.next()?.ok()?;
        terms.push((without_schema(attribute).to_ascii_lowercase(), value));
        let after = &after[values.byte_offset()..];
        if after.trim().is_empty() {
            return Some(terms);
        }
        let (joined, after) = after.trim_start().split_once(char::is_whitespace)?;
        if !joined.eq_ignore_ascii_case("and") {
            return None;
        }
        rest = after.trim_start();
    }
}

/// An attribute's path without the URI of the schema of users or groups before it.
pub fn without_schema(path: &str) -> &str {
    for schema in [USER, GROUP] {
        if let Some((before, rest)) = path.split_at_checked(schema.len())
            && before.eq_ignore_ascii_case(schema)
            && let Some(attribute) = rest.strip_prefix(':')
        {
            return attribute;
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_index_answers_is_read_and_nothing_else() {
        let name = |text: &str| Some(Filter::UserName(text.to_owned()));
        for (filter, expected) in [
            (r#"userName eq "a@b""#, name("a@b")),
            (r#"  USERNAME   Eq   "a \"b\" é"  "#, name("a \"b\" é")),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a""#, name("a")),
            (r#"externalId eq "X""#, Some(Filter::ExternalId("X".to_owned()))),
            (r#"id eq "1""#, Some(Filter::Id("1".to_owned()))),
            (r#"userName sw "a""#, None),
            (r#"userName eq "a" and active eq true"#, None),
            (r#"userName eq "a" and id eq "1""#, None),
            (r#"userName eq "a" "b""#, None),
            ("userName eq a", None),
            (r#"emails[type eq "work"].value eq "a""#, None),
            ("userName pr", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(Filter::parse(filter).ok(), expected, "{filter}");
        }
    }

    #[test]
    fn terms_about_a_group_may_be_joined() {
        let (id, member) = (GroupTerm::Id("1".to_owned()), GroupTerm::Member("2".to_owned()));
        for (filter, expected) in [
            (r#"displayName eq "a and b""#, Some(vec![GroupTerm::Name("a and b".to_owned())])),
            (
                r#"urn:ietf:params:scim:schemas:core:2.0:Group:externalId eq "X""#,
                Some(vec![GroupTerm::ExternalId("X".to_owned())]),
            ),
            (r#"id eq "1" AND members eq "2""#, Some(vec![id, member])),
            (r#"members.value eq "2""#, Some(vec![GroupTerm::Member("2".to_owned())])),
            (r#"id eq "1" or members eq "2""#, None),
            (r#"id eq "1" and"#, None),
            (r#"id eq "1" and "#, None),
            (r#"userName eq "1""#, None),
            (r#"displayName co "1""#, None),
            ("", None),
        ] {
            assert_eq!(GroupTerm::parse(filter).ok(), expected, "{filter}");
        }
    }
}
