//! Everything the demo's page says, once a language.

use crate::domain::Language;

/// What the page says in one language.
pub struct DemoTexts {
    pub(super) title: &'static str,
    pub(super) account: &'static str,
    pub(super) nobody_title: &'static str,
    pub(super) nobody: &'static str,
    pub(super) session: &'static str,
    pub(super) fragment: &'static str,
    pub(super) fragment_explained: &'static str,
    pub(super) fragment_absent: &'static str,
    pub(super) without_script: &'static str,
    pub(super) field: &'static str,
    pub(super) value: &'static str,
}

impl DemoTexts {
    /// The texts in this language.
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
        }
    }
}

static ENGLISH: DemoTexts = DemoTexts {
    title: "You are logged in",
    account: "Your account",
    nobody_title: "Nobody is logged in",
    nobody: "Open the link that the demo printed when it started, and log in there.",
    session: "Your session",
    fragment: "What the application got",
    fragment_explained: "The answer to the login stands behind the # of this page's address, which a browser never \
                         sends to a server. The script of an application reads it there, and takes it out of the \
                         address.",
    fragment_absent: "Nothing, for this page was opened without a login.",
    without_script: "A script would show it here. Scripts are switched off in your browser; everything else works without.",
    field: "Field",
    value: "Value",
};

static GERMAN: DemoTexts = DemoTexts {
    title: "Sie sind angemeldet",
    account: "Ihr Konto",
    nobody_title: "Niemand ist angemeldet",
    nobody: "Öffnen Sie den Link, den die Demo beim Start ausgegeben hat, und melden Sie sich dort an.",
    session: "Ihre Sitzung",
    fragment: "Was die Anwendung bekam",
    fragment_explained: "Die Antwort auf die Anmeldung steht hinter dem # in der Adresse dieser Seite, und das \
                         schickt ein Browser nie an einen Server. Das Skript einer Anwendung liest sie dort und nimmt \
                         sie aus der Adresse heraus.",
    fragment_absent: "Nichts, denn diese Seite wurde ohne Anmeldung geöffnet.",
    without_script: "Ein Skript würde sie hier zeigen. Bei Ihnen sind Skripte abgeschaltet; alles andere geht ohne.",
    field: "Feld",
    value: "Wert",
};

/// The spaces before `:`, `;`, `?` and `!` do not break: a test holds it.
static FRENCH: DemoTexts = DemoTexts {
    title: "Vous êtes connecté",
    account: "Votre compte",
    nobody_title: "Personne n’est connecté",
    nobody: "Ouvrez le lien que la démo a affiché à son démarrage, et connectez-vous là.",
    session: "Votre session",
    fragment: "Ce que l’application a reçu",
    fragment_explained: "La réponse à la connexion se trouve derrière le # dans l’adresse de cette page, ce qu’un \
                         navigateur n’envoie jamais à un serveur. Le script d’une application l’y lit et le retire de \
                         l’adresse.",
    fragment_absent: "Rien, car cette page a été ouverte sans connexion.",
    without_script: "Un script l’afficherait ici. Les scripts sont désactivés dans votre navigateur ; tout le reste \
                     fonctionne sans.",
    field: "Champ",
    value: "Valeur",
};
