//! Which attributes of a resource a client wants (RFC 7644, 3.9).

use serde_json::Value;

use super::filter::without_schema;

/// The attributes that a client wants, and those that it does not.
#[derive(Default)]
pub struct Projection {
    only: Option<Vec<String>>,
    without: Vec<String>,
}

impl Projection {
    /// Reads the parameters `attributes` and `excludedAttributes`.
    pub fn new(attributes: Option<&str>, excluded: Option<&str>) -> Self {
        let names = |list: &str| -> Vec<_> {
            let names = list.split(',').map(|name| without_schema(name.trim()));
            names.filter_map(|name| name.split(['.', '[']).next()).map(str::to_ascii_lowercase).collect()
        };
        let only = attributes.filter(|list| !list.trim().is_empty()).map(names);
        Self { only, without: excluded.map(names).unwrap_or_default() }
    }

    /// Whether it wants an attribute. `schemas` and `id` are always there.
    pub fn has(&self, attribute: &str) -> bool {
        let name = attribute.to_ascii_lowercase();
        let is_wanted = self.only.as_ref().is_none_or(|only| only.contains(&name));
        matches!(name.as_str(), "schemas" | "id") || is_wanted && !self.without.contains(&name)
    }

    /// A resource without what the client does not want.
    pub fn of(&self, mut resource: Value) -> Value {
        if let Some(members) = resource.as_object_mut() {
            members.retain(|name, _| self.has(name));
        }
        resource
    }
}
