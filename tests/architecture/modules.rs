//! Which modules there are, and which of them uses which: read from the tokens of every file, so that comments, texts,
//! line breaks and groups in braces do not matter. What is compiled for tests alone is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::iter::Peekable;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The path to a module from the crate's root.
pub type Name = Vec<String>;

/// What one file says.
#[derive(Default)]
pub struct Module {
    pub text: String,
    /// Every path of two names or more, and every import, as it is written.
    paths: BTreeSet<Vec<String>>,
    /// What each imported name stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// The modules that are declared for tests alone.
    pub for_tests: BTreeSet<String>,
}

pub struct Modules(BTreeMap<Name, Module>);

impl Modules {
    /// The modules of this crate.
    pub fn of_src() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = files_below(&root).into_iter().filter(|file| !file.ends_with("src/main.rs"));
        let modules = Self::of(files.map(|file| {
            let text = fs::read_to_string(&file).expect("a source file can be read");
            let name = file.strip_prefix(&root).expect("below src").with_extension("");
            (name.to_str().expect("a name").replace('/', "::"), text)
        }));
        assert!(modules.0.len() > 50, "the modules are missing");
        modules
    }

    /// The modules of these files, each named by its path without `.rs`, as `http::mod`.
    fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut modules: BTreeMap<Name, Module> = BTreeMap::new();
        for (name, text) in files {
            let name = name.split("::").filter(|part| !matches!(*part, "lib" | "mod")).map(str::to_owned).collect();
            let tokens = text.parse().expect("a source file is Rust");
            let mut module = Module { text, ..Module::default() };
            module.read(tokens, &[], false);
            modules.insert(name, module);
        }
        let tests = |(name, module): (&Name, &Module)| -> Vec<Name> {
            module.for_tests.iter().map(|child| [&name[..], std::slice::from_ref(child)].concat()).collect()
        };
        let tests: Vec<Name> = modules.iter().flat_map(tests).collect();
        modules.retain(|name, _| !tests.iter().any(|test| name.starts_with(test)));
        Self(modules)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Module)> {
        self.0.iter()
    }

    /// The modules that this one uses. Names that a module imports are followed to where they come from.
    pub fn used_by(&self, name: &Name) -> BTreeSet<&Name> {
        let paths = self.0[name].paths.iter();
        paths.filter_map(|path| self.owner(name, path, 0)).filter(|used| *used != name).collect()
    }

    /// The paths that lead out of this crate, and those that begin with an imported name.
    pub fn outside(&self, name: &Name) -> impl Iterator<Item = &Vec<String>> {
        self.0[name].paths.iter().filter(|path| self.absolute(name, path).is_none())
    }

    /// The groups of modules beside each other that all need each other, directly or not.
    pub fn circles(&self) -> BTreeSet<Vec<String>> {
        let parents: BTreeSet<&[String]> = self.0.keys().filter_map(|name| Some(name.split_last()?.1)).collect();
        parents.into_iter().flat_map(|parent| self.circles_below(parent)).collect()
    }

    fn circles_below(&self, parent: &[String]) -> BTreeSet<Vec<String>> {
        let child = |name: &Name| name.strip_prefix(parent).and_then(|rest| rest.first()).cloned();
        let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, one) in self.0.keys().filter_map(|name| Some((name, child(name)?))) {
            let others = self.used_by(name).into_iter().filter_map(child).filter(|other| *other != one);
            needs.entry(one.clone()).or_default().extend(others);
        }
        loop {
            let all = |others: &BTreeSet<String>| {
                others.iter().flat_map(|other| &needs[other]).chain(others).cloned().collect()
            };
            let further: BTreeMap<_, _> = needs.iter().map(|(one, others)| (one.clone(), all(others))).collect();
            if further == needs {
                break;
            }
            needs = further;
        }
        let circle = |one: &String| -> Vec<String> {
            let back = needs[one].iter().filter(|other| needs[*other].contains(one));
            back.map(|other| [parent, std::slice::from_ref(other)].concat().join("::")).collect()
        };
        needs.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
    }

    /// The module that has what `path` means in the module `from`; `None` for what is not in this crate.
    fn owner(&self, from: &[String], path: &[String], depth: usize) -> Option<&Name> {
        assert!(depth < 16, "{path:?} leads nowhere from {from:?}");
        let path = self.absolute(from, path)?;
        let length = (0..=path.len()).rev().find(|length| self.0.contains_key(&path[..*length]))?;
        let (name, module) = self.0.get_key_value(&path[..length])?;
        let Some(import) = path.get(length).and_then(|item| module.imports.get(item)) else { return Some(name) };
        let whole = [import, &path[length + 1..]].concat();
        Some(self.owner(name, &whole, depth + 1).unwrap_or(name))
    }

    /// `path` from the crate's root on, if it leads into this crate.
    fn absolute(&self, from: &[String], path: &[String]) -> Option<Vec<String>> {
        let up = path.iter().take_while(|part| *part == "super").count();
        let (start, rest) = match path[0].as_str() {
            "crate" => (&[][..], &path[1..]),
            "self" => (from, &path[1..]),
            "super" => (&from[..from.len().checked_sub(up)?], &path[up..]),
            child if self.0.contains_key(&[from, &[child.to_owned()]].concat()) => (from, path),
            _ => return None,
        };
        Some([start, rest].concat())
    }
}

impl Module {
    /// Collects the paths in `tokens`. In a group of an import, each stands behind `before`.
    fn read(&mut self, tokens: TokenStream, before: &[String], mut import: bool) {
        let mut tokens = tokens.into_iter().peekable();
        let mut for_tests = false;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(sign) if sign.as_char() == '#' => {
                    if let Some(TokenTree::Group(attribute)) =
                        tokens.next_if(|next| matches!(next, TokenTree::Group(_)))
                    {
                        for_tests |= attribute.stream().to_string().replace(' ', "") == "cfg(test)";
                    }
                    continue;
                }
                TokenTree::Ident(word) if word == "pub" => continue,
                TokenTree::Ident(word) if word == "mod" && for_tests => {
                    let name = tokens.next().map(|name| name.to_string());
                    self.for_tests.extend(name);
                    // Its body, if it stands here.
                    tokens.next();
                }
                TokenTree::Ident(word) if word == "use" && before.is_empty() => import = true,
                TokenTree::Ident(word) => self.path(&word.to_string(), before, import, &mut tokens),
                TokenTree::Group(group) => {
                    self.read(group.stream(), before, import && group.delimiter() == Delimiter::Brace);
                }
                TokenTree::Punct(sign) => import &= sign.as_char() != ';',
                TokenTree::Literal(_) => {}
            }
            for_tests = false;
        }
    }

    /// Collects the path that begins with `first`.
    fn path(
        &mut self,
        first: &str,
        before: &[String],
        import: bool,
        tokens: &mut Peekable<impl Iterator<Item = TokenTree>>,
    ) {
        let mut path = before.to_vec();
        if first != "self" || before.is_empty() {
            path.push(first.to_owned());
        }
        while tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some() {
            match tokens.next() {
                Some(TokenTree::Ident(word)) => path.push(word.to_string()),
                Some(TokenTree::Group(group)) if import => return self.read(group.stream(), &path, import),
                // `Vec::<u8>::new`, `path::*`
                _ => break,
            }
        }
        if import {
            let renamed = tokens.next_if(|next| matches!(next, TokenTree::Ident(word) if word == "as")).is_some();
            let name = if renamed { tokens.next().map(|name| name.to_string()) } else { path.last().cloned() };
            self.imports.extend(name.map(|name| (name, path.clone())));
        }
        if import || path.len() > 1 {
            self.paths.insert(path);
        }
    }
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ':')
}

/// Every Rust file below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn paths_are_seen_in_groups_under_new_names_through_re_exports_and_in_macros() {
    let files = [
        ("lib", "pub mod low; pub mod high;"),
        ("low::mod", "mod inner; mod other; pub use inner::{Deep, nothing as Renamed}; fn f() { crate::high::g() }"),
        ("low::inner", "use super::other; // crate::high::comment\nconst TEXT: &str = \"crate::high::text\";"),
        (
            "low::other",
            "#[cfg(test)]\nmod tests { use crate::high; }\nuse super::super::low::{\n    Renamed,\n    self,\n};",
        ),
        ("high", "use {crate::low as below, tokio::{self, net}}; fn g() { println!(\"{}\", crate::low::Deep); }"),
    ];
    let modules = Modules::of(files.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let used = |name: &str| {
        let name: Name = name.split("::").map(str::to_owned).collect();
        modules.used_by(&name).iter().map(|used| used.join("::")).collect::<Vec<_>>()
    };
    assert_eq!(used("high"), ["low", "low::inner"]);
    assert_eq!(used("low"), ["high", "low::inner"]);
    assert_eq!(used("low::inner"), ["low::other"]);
    assert_eq!(used("low::other"), ["low", "low::inner"]);
    let outside = modules.outside(&vec!["high".to_owned()]).map(|path| path.join("::")).collect::<Vec<_>>();
    assert_eq!(outside, ["tokio", "tokio::net"]);
    let circles: Vec<_> = modules.circles().into_iter().collect();
    assert_eq!(circles, [["high", "low"], ["low::inner", "low::other"]]);
}
