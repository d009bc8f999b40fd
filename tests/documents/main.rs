//! The documents name what is there: every link leads somewhere, every path of the tree exists.

mod deploy;
mod french;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};

/// Folders and files whose names begin a path in the tree.
const ROOTS: [&str; 8] = ["src/", "tests/", "scripts/", "config/", "docs/", "deploy/", "examples/", "benches/"];

struct Document {
    /// Below the root of the tree.
    path: PathBuf,
    text: String,
}

/// Every document: those beside the README, and those below `docs` and `examples`.
fn documents() -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("docs"), root.join("examples")];
    let mut files: Vec<_> = entries(root).into_iter().filter(|path| path.is_file()).collect();
    while let Some(folder) = folders.pop() {
        let (below, within): (Vec<_>, Vec<_>) = entries(&folder).into_iter().partition(|path| path.is_dir());
        folders.extend(below);
        files.extend(within);
    }
    let markdown = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let documents: Vec<_> = markdown
        .map(|path| Document {
            text: fs::read_to_string(&path).expect("a document can be read"),
            path: path.strip_prefix(root).expect("below the root").to_owned(),
        })
        .collect();
    assert!(documents.len() > 10, "documents are missing");
    documents
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder can be read");
    entries.map(|entry| entry.expect("a folder can be read").path()).collect()
}

/// The targets of links within the tree, without their anchors.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target));
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .map(|target| target.split('#').next().unwrap_or(target))
}

/// The paths of the tree that stand between backticks or in commands: from its root, or below `src` for a Rust file.
fn paths(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let quoted = quoted.filter_map(|quoted| quoted.split_whitespace().next());
    let commands = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    quoted
        .chain(commands.flat_map(str::split_whitespace))
        .map(|word| word.trim_start_matches("./"))
        .filter(|word| ROOTS.iter().any(|root| word.starts_with(root)) || word.contains('/') && word.contains(".rs"))
        .filter(|word| !word.contains(['*', '{', '<']))
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in documents() {
        let folder = document.path.parent().expect("a folder");
        for target in links(&document.text) {
            assert!(root.join(folder).join(target).exists(), "{}: {target} is not there", document.path.display());
        }
    }
}

#[test]
fn every_path_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for document in documents() {
        for path in paths(&document.text) {
            let is_there = root.join(path).exists() || root.join("src").join(path).exists();
            assert!(is_there, "{}: {path} is not there", document.path.display());
        }
    }
}

/// The sections that a text cites, each with the document that it says they are in: `path.md`, "Section".
fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices(".md").filter_map(|(at, end)| {
        let (before, after) = text.split_at(at + end.len());
        let cited = after.trim_start_matches(['`', ')']).strip_prefix(", \"")?;
        Some((before.rsplit(['`', '(']).next()?, cited.split_once('"')?.0))
    })
}

#[test]
fn every_section_that_is_cited_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let is_section =
        |line: &str, section: &str| line.starts_with('#') && line.trim_start_matches(['#', ' ']) == section;
    let mut cited = 0;
    let documents = documents().into_iter().map(|document| {
        let folder = document.path.parent().expect("a folder").to_owned();
        (folder, document)
    });
    let code = code().into_iter().map(|document| (PathBuf::new(), document));
    for (folder, Document { path, text }) in documents.chain(code) {
        // A citation may begin on one line and end on the next.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (document, section) in sections(&text) {
            let there = fs::read_to_string(root.join(&folder).join(document)).unwrap_or_default();
            let found = there.lines().any(|line| is_section(line, section));
            assert!(found, "{}: {document} has no section {section:?}", path.display());
            cited += 1;
        }
    }
    assert!(cited > 5, "{cited} sections are cited");
}

#[test]
fn every_document_that_the_code_cites_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for Document { path, text } in code() {
        for document in paths(&text).filter(|word| word.starts_with("docs/")) {
            assert!(root.join(document).is_file(), "{}: {document} is not there", path.display());
        }
    }
}

/// Every Rust file below `src`, without the marks of comments.
fn code() -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    let mut code = Vec::new();
    while let Some(folder) = folders.pop() {
        let (below, files): (Vec<_>, Vec<_>) = entries(&folder).into_iter().partition(|path| path.is_dir());
        folders.extend(below);
        for path in files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
            let text = fs::read_to_string(&path).expect("a source file can be read");
            let lines = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!']).trim_start());
            code.push(Document { text: lines.collect::<Vec<_>>().join("\n"), path });
        }
    }
    assert!(code.len() > 100, "the code is missing");
    code
}
