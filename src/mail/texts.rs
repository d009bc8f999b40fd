//! Everything that letters say, once a language. A sentence that a language lacks does not compile.

use crate::domain::Language;

/// What letters say in one language. Each `fn` takes where the account is.
pub(super) struct LetterTexts {
    pub hello: &'static str,
    pub invitation: AboutLink,
    pub reset: AboutLink,
    pub elsewhere: fn(&str) -> String,
    pub changed: ChangedTexts,
}

/// What a letter with a link says.
pub(super) struct AboutLink {
    pub subject: &'static str,
    pub text: fn(&str) -> String,
    /// Followed by the link.
    pub open: &'static str,
    pub otherwise: &'static str,
}

/// What a letter about a change says.
pub(super) struct ChangedTexts {
    pub password_subject: &'static str,
    pub password: fn(&str) -> String,
    pub app_password_subject: &'static str,
    /// Takes the app password's name besides.
    pub app_password: fn(&str, &str) -> String,
    pub email_subject: &'static str,
    pub email: fn(&str) -> String,
    pub second_factor_subject: &'static str,
    pub second_factor: fn(&str) -> String,
    pub otherwise: &'static str,
}

impl LetterTexts {
    /// The texts in this language.
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
            Language::French => &FRENCH,
        }
    }
}

static ENGLISH: LetterTexts = LetterTexts {
    hello: "Hello,",
    invitation: AboutLink {
        subject: "Your account: set your password",
        text: |place| format!("there is an account for you at {place}"),
        open: "Open this link within a week to set your password. It works once:",
        otherwise: "If you do not know what this is about, do nothing.",
    },
    reset: AboutLink {
        subject: "Your password",
        text: |place| format!("somebody, perhaps you, asked for a new password for your account at {place}"),
        open: "Open this link within 30 minutes to set one. It works once:",
        otherwise: "If it was not you, do nothing: your password stays as it is.",
    },
    elsewhere: |place| {
        format!(
            "somebody, perhaps you, asked for a new password for your account at {place}
You have no password there: you log in with your organisation's account. Change your password where you log in to
everything else, or ask your administrator.

If it was not you, do nothing."
        )
    },
    changed: ChangedTexts {
        password_subject: "Your password was changed",
        password: |place| format!("the password of your account at {place} was changed or set."),
        app_password_subject: "There is a new app password",
        app_password: |place, name| format!("an app password was made for your account at {place}. Its name: {name}"),
        email_subject: "Your e-mail address was changed",
        email: |place| {
            format!(
                "the e-mail address of your account at {place} was changed. You log in with the new one; this one \
                 does not count any more."
            )
        },
        second_factor_subject: "Your second factor was changed",
        second_factor: |place| format!("the second factor of your account at {place} was changed."),
        otherwise: "If you know nothing of it, somebody else may be using your account: tell your administrator at \
                    once.",
    },
};

static GERMAN: LetterTexts = LetterTexts {
    hello: "Guten Tag,",
    invitation: AboutLink {
        subject: "Ihr Konto: Passwort festlegen",
        text: |place| format!("unter {place} gibt es ein Konto für Sie."),
        open: "Öffnen Sie innerhalb einer Woche diesen Link, um Ihr Passwort festzulegen. Er gilt einmal:",
        otherwise: "Wenn Sie nicht wissen, worum es geht, tun Sie nichts.",
    },
    reset: AboutLink {
        subject: "Ihr Passwort",
        text: |place| {
            format!("jemand, vielleicht Sie, hat ein neues Passwort für Ihr Konto unter {place} angefordert.")
        },
        open: "Öffnen Sie innerhalb von 30 Minuten diesen Link, um eines festzulegen. Er gilt einmal:",
        otherwise: "Wenn Sie es nicht waren, tun Sie nichts: Ihr Passwort bleibt, wie es ist.",
    },
    elsewhere: |place| {
        format!(
            "jemand, vielleicht Sie, hat ein neues Passwort für Ihr Konto unter {place} angefordert.
Sie haben dort kein Passwort: Sie melden sich mit dem Konto Ihrer Organisation an. Ändern Sie Ihr Passwort dort, wo Sie
sich auch sonst anmelden, oder fragen Sie Ihren Administrator.

Wenn Sie es nicht waren, tun Sie nichts."
        )
    },
    changed: ChangedTexts {
        password_subject: "Ihr Passwort wurde geändert",
        password: |place| format!("das Passwort Ihres Kontos unter {place} wurde geändert oder festgelegt."),
        app_password_subject: "Es gibt ein neues App-Passwort",
        app_password: |place, name| {
            format!("für Ihr Konto unter {place} wurde ein App-Passwort erstellt. Sein Name: {name}")
        },
        email_subject: "Ihre E-Mail-Adresse wurde geändert",
        email: |place| {
            format!(
                "die E-Mail-Adresse Ihres Kontos unter {place} wurde geändert. Sie melden sich mit der neuen an; \
                 diese hier gilt nicht mehr."
            )
        },
        second_factor_subject: "Ihr zweiter Faktor wurde geändert",
        second_factor: |place| format!("der zweite Faktor Ihres Kontos unter {place} wurde geändert."),
        otherwise: "Wenn Sie davon nichts wissen, benutzt vielleicht jemand anderes Ihr Konto: Sagen Sie es sofort \
                    Ihrem Administrator.",
    },
};

/// The spaces before `:`, `;`, `?` and `!` do not break: a test holds it.
static FRENCH: LetterTexts = LetterTexts {
    hello: "Bonjour,",
    invitation: AboutLink {
        subject: "Votre compte : définir le mot de passe",
        text: |place| format!("il existe un compte pour vous sur {place}"),
        open: "Ouvrez ce lien dans un délai d’une semaine pour définir votre mot de passe. Il sert une fois :",
        otherwise: "Si vous ne savez pas de quoi il s’agit, ne faites rien.",
    },
    reset: AboutLink {
        subject: "Votre mot de passe",
        text: |place| {
            format!(
                "quelqu’un, peut-être vous, a demandé un nouveau mot de passe pour votre compte à l’adresse \
                     {place}"
            )
        },
        open: "Ouvrez ce lien dans les 30 minutes pour en définir un. Il sert une fois :",
        otherwise: "Si ce n’était pas vous, ne faites rien : votre mot de passe reste tel qu’il est.",
    },
    elsewhere: |place| {
        format!(
            "quelqu’un, peut-être vous, a demandé un nouveau mot de passe pour votre compte sur {place}
Vous n’y avez pas de mot de passe : vous vous connectez avec le compte de votre organisation. Changez votre mot de passe
là où vous vous connectez à tout le reste, ou demandez à votre administrateur.

Si ce n’était pas vous, ne faites rien."
        )
    },
    changed: ChangedTexts {
        password_subject: "Votre mot de passe a été changé",
        password: |place| format!("le mot de passe de votre compte sur {place} a été changé ou défini."),
        app_password_subject: "Il y a un nouveau mot de passe d’application",
        app_password: |place, name| {
            format!("un mot de passe d’application a été créé pour votre compte sur {place}. Son nom : {name}")
        },
        email_subject: "Votre adresse e-mail a été changée",
        email: |place| {
            format!(
                "l’adresse e-mail de votre compte sur {place} a été changée. Vous vous connectez avec la \
                 nouvelle ; celle-ci n’est plus valable."
            )
        },
        second_factor_subject: "Votre second facteur a été modifié",
        second_factor: |place| format!("le second facteur de votre compte sur {place} a été modifié."),
        otherwise: "Si vous n’en savez rien, quelqu’un d’autre utilise peut-être votre compte : prévenez \
                    immédiatement votre administrateur.",
    },
};
