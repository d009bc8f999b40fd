//! Filters (RFC 7644, 3.4.2.2), as far as an index answers them.

use super::error::ScimError;

/// The URI of the schema of users, which may stand before an attribute.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

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
        let (attribute, rest) = text.trim().split_once(char::is_whitespace).ok_or_else(other)?;
        let (operator, value) = rest.trim_start().split_once(char::is_whitespace).ok_or_else(other)?;
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(other());
        }
        let value: String = serde_json::from_str(value.trim()).map_err(|_| other())?;
        match without_schema(attribute).to_ascii_lowercase().as_str() {
            "username" => Ok(Self::UserName(value)),
            "externalid" => Ok(Self::ExternalId(value)),
            "id" => Ok(Self::Id(value)),
            _ => Err(other()),
        }
    }
}

/// An attribute's path without the URI of the schema of users before it.
pub fn without_schema(path: &str) -> &str {
    match path.split_at_checked(USER.len()) {
        Some((schema, rest)) if schema.eq_ignore_ascii_case(USER) => rest.strip_prefix(':').unwrap_or(path),
        _ => path,
    }
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
            ("userName eq a", None),
            (r#"emails[type eq "work"].value eq "a""#, None),
            ("userName pr", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(Filter::parse(filter).ok(), expected, "{filter}");
        }
    }
}
