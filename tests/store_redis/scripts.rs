//! The scripts as Redis knows them.

macro_rules! source {
    ($file:literal) => {
        include_str!(concat!("../../src/store/redis/scripts/", $file, ".lua"))
    };
}

/// The scripts that make what an act on a user found true.
pub const COMMITS: &[&str] = &[source!("commit"), source!("end_all")];

pub(crate) use source;

/// What one of these scripts may be called by: they begin with one of few lines, and what several need stands before them.
pub fn digests(sources: &[&str]) -> Vec<String> {
    let mut digests = Vec::new();
    for source in sources {
        for shebang in ["#!lua", "#!lua flags=allow-oom", "#!lua flags=no-writes"] {
            for held in ["", source!("held")] {
                for layout in ["", source!("layout")] {
                    let whole = [shebang, "\n", source!("prelude"), held, layout, source].concat();
                    digests.push(redis::Script::new(&whole).get_hash().to_owned());
                }
            }
        }
    }
    digests
}
