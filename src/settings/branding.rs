//! `[branding]`

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;

use serde::Deserialize;
use url::Url;

use super::colour::Colour;
use super::engine::Checks;

/// What makes the pages those of an operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrandingSettings {
    /// What people know this server by.
    pub name: String,
    /// The file of a picture in place of the mark.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub logo: Option<String>,
    /// The colour of buttons and links, as `#0f766e`.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub accent: Option<String>,
    /// Where people find help, https or mailto.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub help: Option<String>,
    /// What is said about their data, https.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub privacy: Option<String>,
    /// Who is behind this server, https.
    #[serde(deserialize_with = "super::engine::read::optional")]
    pub imprint: Option<String>,
    /// What the file of the logo holds.
    #[serde(skip)]
    pub picture: Option<Picture>,
}

/// A picture that browsers can show.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Its media type.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// The name that nobody has changed.
pub const OWN_NAME: &str = "bimgate";
/// How long a name may be, in characters: it stands in the title of a window, and above a form on a phone.
const MAX_NAME: usize = 60;
const MAX_URL: usize = 2_000;
/// How large a picture may be, in bytes: every person who logs in loads it.
const MAX_PICTURE: usize = 256 << 10;

impl BrandingSettings {
    /// The accent colour, if one is set.
    #[must_use]
    pub fn colour(&self) -> Option<Colour> {
        self.accent.as_deref().and_then(Colour::parse)
    }

    /// The name, if it is not this program's own.
    #[must_use]
    pub fn given_name(&self) -> Option<&str> {
        (self.name != OWN_NAME).then_some(&*self.name)
    }

    pub(super) fn check(&self, checks: &mut Checks<'_>) {
        let is_name = |name: &str| {
            (1..=MAX_NAME).contains(&name.chars().count()) && name.trim() == name && !name.contains(char::is_control)
        };
        let what = format_args!("must be 1 to {MAX_NAME} characters on one line, without spaces around them");
        checks.must(is_name(&self.name), "branding.name", what);
        let links = [
            ("branding.help", &self.help, true),
            ("branding.privacy", &self.privacy, false),
            ("branding.imprint", &self.imprint, false),
        ];
        for (key, link, or_mail) in links {
            let Some(link) = link else { continue };
            let scheme = Url::parse(link).ok().map(|url| url.scheme().to_owned());
            let good = matches!(scheme.as_deref(), Some("https")) || or_mail && scheme.as_deref() == Some("mailto");
            let what = if or_mail { "must be an https URL, or an address as mailto:" } else { "must be an https URL" };
            checks.must(good && link.len() <= MAX_URL, key, format_args!("{what}, of at most {MAX_URL} bytes"));
        }
        let Some(accent) = &self.accent else { return };
        let Some(colour) = Colour::parse(accent) else {
            return checks.wrong("branding.accent", "must be a colour of six digits, as \"#0f766e\"");
        };
        let contrast = colour.contrast(Colour::LIGHT_GROUND);
        checks.must(
            contrast >= Colour::READABLE,
            "branding.accent",
            format_args!(
                "has a contrast of {contrast:.1} with light pages and needs {} (WCAG AA), or buttons and links cannot be \
                 read: a darker one does, as \"{}\"",
                Colour::READABLE,
                colour.in_the_light()
            ),
        );
    }

    /// Reads the logo.
    pub(super) fn read_files(&mut self, checks: &mut Checks<'_>) {
        let Some(path) = &self.logo else { return };
        match read(path) {
            Ok(bytes) if bytes.len() > MAX_PICTURE => {
                checks.wrong("branding.logo", format_args!("must be a file of at most {} KiB", MAX_PICTURE >> 10));
            }
            Ok(bytes) => match content_type(&bytes) {
                Some(content_type) => self.picture = Some(Picture { content_type, bytes: bytes.into() }),
                None => checks.wrong("branding.logo", "must be an SVG or PNG file"),
            },
            Err(error) => checks.wrong("branding.logo", format_args!("cannot be read: {error}")),
        }
    }
}

/// The file, or as much of it as shows that it is too large.
fn read(path: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_PICTURE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a picture is, by what it holds.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    let text = str::from_utf8(bytes).ok()?.trim_start_matches('\u{feff}').trim_start();
    let is_svg = text.starts_with('<') && text.contains("<svg") && text.contains("http://www.w3.org/2000/svg");
    is_svg.then_some("image/svg+xml")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{Problems, Settings, Sources};
    use super::*;

    fn with(name: &str, value: &str) -> Result<Settings, Problems> {
        let environment = vec![(format!("BIMGATE__BRANDING__{name}").into(), value.into())];
        Settings::load(&Sources { file: None, environment })
    }

    #[track_caller]
    fn refused(name: &str, value: &str, told: &str) {
        let problems = with(name, value).err().map(|problems| problems.to_string()).unwrap_or_default();
        assert!(problems.contains(told), "{name}={value}: {problems:?}");
    }

    #[test]
    fn what_people_could_not_read_or_follow_is_refused() {
        for (name, value) in [
            ("NAME", "Büro & Söhne"),
            ("ACCENT", "#0F766E"),
            ("ACCENT", "#9d174d"),
            ("HELP", "mailto:help@example.org"),
            ("HELP", "https://www.example.org/help"),
            ("IMPRINT", "https://www.example.org/?a=1&b=2"),
        ] {
            assert!(with(name, value).is_ok(), "{name}={value}");
        }
        for value in ["", " x", "a\nb", &"x".repeat(61)] {
            refused("NAME", value, "branding.name must be 1 to 60 characters");
        }
        for value in ["red", "#fff", "0f766e", "#0f766e;}"] {
            refused("ACCENT", value, "branding.accent must be a colour of six digits, as \"#0f766e\"");
        }
        // What is told does.
        let told = "branding.accent has a contrast of 1.0 with light pages and needs 4.5 (WCAG AA)";
        refused("ACCENT", "#ffff00", told);
        let problems = with("ACCENT", "#ffff00").err().map(|problems| problems.to_string()).unwrap_or_default();
        let nearest = problems.rsplit('"').nth(1).unwrap_or_default();
        assert!(with("ACCENT", nearest).is_ok(), "{problems}");
        for name in ["HELP", "PRIVACY", "IMPRINT"] {
            for value in
                ["javascript:alert(1)", "http://www.example.org/", "data:text/html,x", "/help", "www.example.org"]
            {
                refused(name, value, &format!("branding.{} must be an https URL", name.to_lowercase()));
            }
        }
        refused("PRIVACY", "mailto:help@example.org", "branding.privacy must be an https URL");
        refused("HELP", &format!("https://www.example.org/{}", "x".repeat(2_000)), "at most 2000 bytes");
    }

    #[test]
    fn a_logo_is_a_picture_of_bounded_size() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("logo");
        let path = path.to_str().unwrap_or_default();
        refused("LOGO", path, "branding.logo cannot be read");
        for (bytes, content_type) in [
            (&b"\x89PNG\r\n\x1a\n"[..], "image/png"),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
            (b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "image/svg+xml"),
        ] {
            fs::write(path, bytes)?;
            let picture = with("LOGO", path).ok().and_then(|settings| settings.branding.picture);
            let picture = picture.map(|picture| (picture.content_type, picture.bytes.to_vec()));
            assert_eq!(picture, Some((content_type, bytes.to_vec())));
        }
        for bytes in [&b""[..], b"<html></html>", b"\xff\xd8\xff jpeg", b"svg http://www.w3.org/2000/svg <svg"] {
            fs::write(path, bytes)?;
            refused("LOGO", path, "branding.logo must be an SVG or PNG file");
        }
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\">";
        fs::write(path, format!("{svg}{}", " ".repeat((256 << 10) - svg.len())))?;
        assert!(with("LOGO", path).is_ok());
        fs::write(path, format!("{svg}{}", " ".repeat((256 << 10) + 1 - svg.len())))?;
        refused("LOGO", path, "branding.logo must be a file of at most 256 KiB");
        Ok(())
    }
}
