//! What events name in English, in other languages.

/// What a name is called in German, if events have it.
pub(super) fn german(name: &str) -> Option<&'static str> {
    Some(match name {
        // What happened.
        "login" => "Anmeldung",
        "swap" => "Tausch eines Tokens",
        "session opened" => "Sitzung eröffnet",
        "session closed" => "Sitzung geschlossen",
        "tokens revoked" => "Tokens widerrufen",
        "account changed" => "Konto geändert",
        "operator" => "Betreiber",
        "console entered" => "Konsole geöffnet",
        "signing keys changed" => "Signaturschlüssel geändert",
        "licence out" => "Lizenz vergeben",
        "licence back" => "Lizenz zurück",
        "server started" => "Server gestartet",
        "server stopped" => "Server angehalten",
        "events lost" => "Ereignisse verloren",
        "head" => "Siegel der Ereignisse",
        "old events removed" => "Alte Ereignisse entfernt",
        "of a later release" => "aus einer späteren Version",
        // What became of a login.
        "success" => "gelungen",
        "refused" => "abgewiesen",
        "throttled" => "gebremst",
        "busy" => "überlastet",
        "unavailable" => "nicht möglich",
        // By what.
        "password" => "Passwort",
        "app password" => "App-Passwort",
        "remember-me" => "Angemeldet bleiben",
        "cross" => "Cross-Token",
        "page" => "Anmeldeseite",
        "provider" | "oidc" => "Identitätsanbieter",
        "ldap" => "LDAP",
        "old service" | "upstream" => "alter Dienst",
        "browser" => "angemeldeter Browser",
        "sso" => "Single Sign-on",
        // Why a session closed.
        "close by application" => "durch die Anwendung geschlossen",
        "no heartbeat" => "kein Lebenszeichen",
        "end of life" => "Höchstdauer erreicht",
        "not authenticated on time" => "nicht rechtzeitig angemeldet",
        "revoked by admin" => "durch einen Betreiber geschlossen",
        "user was removed or disabled" => "Konto gelöscht oder gesperrt",
        // What is told besides.
        "native" => "eigenes Programm",
        "registered" => "dabei registriert",
        "yes" => "ja",
        "redirect_url" => "zurück zu",
        "subject" => "Kennung beim Anbieter",
        "scope" => "Umfang",
        "uid" => "Systembenutzer",
        "token" => "API-Token",
        "newest" => "neuester",
        "keys" => "Schlüssel",
        "version" => "Version",
        "settings" => "Einstellungen",
        "lost" => "verloren",
        "chains" => "Ketten",
        "chain" => "Kette",
        "through" => "bis",
        name => return german_act(name),
    })
}

/// What was done to an account, or by an operator.
fn german_act(name: &str) -> Option<&'static str> {
    Some(match name {
        "created" => "angelegt",
        "deleted" => "gelöscht",
        "enabled" => "freigegeben",
        "disabled" => "gesperrt",
        "password set" => "Passwort festgelegt",
        "password set by a one-time link" => "Passwort durch einen Link festgelegt",
        "came over from the old service" => "vom alten Dienst gekommen",
        "one-time link made" => "Link erstellt",
        "e-mail address changed" => "E-Mail-Adresse geändert",
        "name changed" => "Name geändert",
        "external id changed" => "externe Kennung geändert",
        "rights changed" | "change rights" => "Rechte geändert",
        "scopes changed" | "change scopes" => "Scopes geändert",
        "teams or tags changed" => "Teams oder Tags geändert",
        "linked" => "verknüpft",
        "unlinked" | "unlink user" => "Verknüpfung gelöst",
        "app password made" | "add app password" => "App-Passwort erstellt",
        "app passwords revoked" | "revoke app passwords" => "App-Passwörter widerrufen",
        "second factor changed" => "zweiter Faktor geändert",
        "logged out everywhere" => "überall abgemeldet",
        "add user" => "Benutzer angelegt",
        "import users" => "Benutzer importiert",
        "make invitation link" => "Einladungslink erstellt",
        "make reset link" => "Link zum Festlegen eines Passworts erstellt",
        "delete user" => "Benutzer gelöscht",
        "close sessions" => "Sitzungen geschlossen",
        "unlink users of an issuer" => "Verknüpfungen mit einem Anbieter gelöst",
        "waive forced consent" => "erneute Nachfrage erlassen",
        "end single sign-on" => "in allen Browsern abgemeldet",
        "add redirect URL" => "Redirect-URL eingetragen",
        "remove redirect URL" => "Redirect-URL entfernt",
        "rotate signing keys" => "nächsten Signaturschlüssel erstellt",
        "reset signing keys" => "Signaturschlüssel ersetzt",
        "add API token" => "API-Token erstellt",
        "remove API token" => "API-Token entfernt",
        "set password" => "Passwort gesetzt",
        "set e-mail address" => "E-Mail-Adresse gesetzt",
        "set name" => "Namen gesetzt",
        "enable user" => "Benutzer freigegeben",
        "disable user" => "Benutzer gesperrt",
        "change teams" => "Teams geändert",
        "change tags" => "Tags geändert",
        "reset second factor" => "zweiten Faktor zurückgesetzt",
        _ => return None,
    })
}

/// Why somebody was not let in, by outcome and reason, as [`explain`](crate::admin::explain) says it in English.
pub(super) fn german_reason(outcome: &str, reason: Option<&str>) -> &'static str {
    match (outcome, reason.unwrap_or_default()) {
        ("throttled", _) => "es waren zu viele Versuche",
        ("busy", _) => "zu viele Menschen meldeten sich in diesem Augenblick an",
        (_, "disabled") => "das Konto ist gesperrt",
        (_, "no_such_user") => "das Konto wurde gelöscht",
        (_, "no_password") => "das Konto hat hier kein Passwort",
        (_, "wrong_password") => "das Passwort war falsch",
        (_, "unverifiable_hash") => "der gespeicherte Hash des Passworts lässt sich nicht prüfen",
        (_, "wrong_app_password") => "das eingegebene App-Passwort gehört nicht zu diesem Konto",
        (_, "app_password_expired") => "das App-Passwort ist abgelaufen",
        (_, "not_vouched_for") => {
            "das App-Passwort zählt nur, wenn der Identitätsanbieter oder LDAP die Person kürzlich bestätigt hat"
        }
        (_, "app_password_not_taken") => "App-Passwörter zählen dort nicht",
        (_, "needs_app_password") => "es gibt einen zweiten Faktor, und dieses Programm kann nach keinem Code fragen",
        (_, "wrong_code") => "der Code des zweiten Faktors war falsch",
        (_, "code_used") => "der Code des zweiten Faktors war schon benutzt",
        (_, "wrong_passkey") => "die Antwort des Passkeys stimmte nicht",
        (_, "passkey_count") => {
            "der Passkey zählte nicht höher als bei der letzten Anmeldung: er kann kopiert worden sein"
        }
        (_, "upstream_conflict") => "der alte Dienst kennt eine andere Person mit dieser Id oder Adresse",
        (_, "not_to_come_over") => "diese Person darf nicht vom alten Dienst herüberkommen",
        (_, "stale_proof" | "changed") => "das Konto wurde während der Anmeldung geändert",
        (_, "proof_too_old" | "expired" | "unknown_token" | "session_closed" | "session_overdue") => {
            "das vorgelegte Token oder die Sitzung war zu Ende"
        }
        (_, "wrong_client") => "das Token zum Angemeldetbleiben gehört einem anderen Programm",
        (_, "missing_right" | "lacks_right") => "das Recht fehlt, das die Anwendung verlangt",
        (_, "missing_scope" | "lacks_scope") => "ein Scope fehlt, den die Anwendung verlangt",
        (_, "must_be_asked") => "die Person muss sich neu ausweisen, und der Identitätsanbieter hat sie nicht gefragt",
        (_, "signed_off") => "der Browser war nicht mehr angemeldet",
        (_, "linked_to_another") => "das Konto ist mit einer anderen Person beim Identitätsanbieter verknüpft",
        (_, "no_account") => "der Identitätsanbieter kennt die Person, aber hier hat sie kein Konto",
        (_, "refused_elsewhere") => "der LDAP-Server oder der alte Dienst lässt die Person nicht herein",
        (_, "declined") => "die Person hat das Programm nicht zugelassen",
        (_, "denied_by_provider") => {
            "der Identitätsanbieter hat die Person nicht hereingelassen, oder sie hat dort abgebrochen"
        }
        (_, "provider_failed" | "provider_busy" | "provider_unavailable" | "not_proven") => {
            "der Identitätsanbieter hat versagt"
        }
        (_, "ldap_unavailable") => "der LDAP-Server hat nicht geantwortet",
        (_, "old_service_unavailable") => "der alte Dienst hat nicht geantwortet",
        (_, "store_unavailable") => "der Speicher hat nicht geantwortet",
        (_, "unknown_application") => "die Anwendung darf hier niemanden anmelden",
        _ => "das Log dieser Zeit nennt ihn",
    }
}

/// What a name is called in French, if events have it.
pub(super) fn french(name: &str) -> Option<&'static str> {
    Some(match name {
        // What happened.
        "login" => "Connexion",
        "swap" => "Échange d’un jeton",
        "session opened" => "Session ouverte",
        "session closed" => "Session fermée",
        "tokens revoked" => "Jetons révoqués",
        "account changed" => "Compte modifié",
        "operator" => "Exploitant",
        "console entered" => "Entrée dans la console",
        "signing keys changed" => "Clés de signature modifiées",
        "licence out" => "Licence attribuée",
        "licence back" => "Licence rendue",
        "server started" => "Serveur démarré",
        "server stopped" => "Serveur arrêté",
        "events lost" => "Événements perdus",
        "head" => "Sceau des événements",
        "old events removed" => "Anciens événements supprimés",
        "of a later release" => "d’une version ultérieure",
        // What became of a login.
        "success" => "réussie",
        "refused" => "refusée",
        "throttled" => "freinée",
        "busy" => "surcharge",
        "unavailable" => "impossible",
        // By what.
        "password" => "mot de passe",
        "app password" => "mot de passe d’application",
        "remember-me" => "rester connecté",
        "cross" => "jeton « cross »",
        "page" => "page de connexion",
        "provider" | "oidc" => "fournisseur d’identité",
        "ldap" => "LDAP",
        "old service" | "upstream" => "ancien service",
        "browser" => "navigateur connecté",
        "sso" => "authentification unique",
        // Why a session closed.
        "close by application" => "fermée par l’application",
        "no heartbeat" => "aucun signe de vie",
        "end of life" => "durée maximale atteinte",
        "not authenticated on time" => "pas connectée à temps",
        "revoked by admin" => "fermée par un exploitant",
        "user was removed or disabled" => "compte supprimé ou désactivé",
        // What is told besides.
        "native" => "programme",
        "registered" => "enregistrée ainsi",
        "yes" => "oui",
        "redirect_url" => "retour à",
        "subject" => "identifiant chez le fournisseur",
        "scope" => "portée",
        "uid" => "utilisateur du système",
        "token" => "jeton d’API",
        "newest" => "la plus récente",
        "keys" => "clés",
        "version" => "version",
        "settings" => "paramètres",
        "lost" => "perdus",
        "chains" => "chaînes",
        "chain" => "chaîne",
        "through" => "jusqu’à",
        name => return french_act(name),
    })
}

/// What was done to an account, or by an operator.
fn french_act(name: &str) -> Option<&'static str> {
    Some(match name {
        "created" => "créé",
        "deleted" => "supprimé",
        "enabled" => "activé",
        "disabled" => "désactivé",
        "password set" | "set password" => "mot de passe défini",
        "password set by a one-time link" => "mot de passe défini par un lien",
        "came over from the old service" => "venu de l’ancien service",
        "one-time link made" => "lien créé",
        "e-mail address changed" => "adresse e-mail modifiée",
        "name changed" => "nom modifié",
        "external id changed" => "identifiant externe modifié",
        "rights changed" | "change rights" => "droits modifiés",
        "scopes changed" | "change scopes" => "portées modifiées",
        "teams or tags changed" => "équipes ou étiquettes modifiées",
        "linked" => "lié",
        "unlinked" | "unlink user" => "lien avec le fournisseur supprimé",
        "app password made" | "add app password" => "mot de passe d’application créé",
        "app passwords revoked" | "revoke app passwords" => "mots de passe d’application révoqués",
        "second factor changed" => "second facteur modifié",
        "logged out everywhere" => "déconnecté partout",
        "add user" => "utilisateur créé",
        "import users" => "utilisateurs importés",
        "make invitation link" => "lien d’invitation créé",
        "make reset link" => "lien pour définir un mot de passe créé",
        "delete user" => "utilisateur supprimé",
        "close sessions" => "sessions fermées",
        "unlink users of an issuer" => "liens avec un fournisseur supprimés",
        "waive forced consent" => "nouvelle demande levée",
        "end single sign-on" => "déconnecté dans tous les navigateurs",
        "add redirect URL" => "URL de redirection enregistrée",
        "remove redirect URL" => "URL de redirection supprimée",
        "rotate signing keys" => "clé de signature suivante créée",
        "reset signing keys" => "clés de signature remplacées",
        "add API token" => "jeton d’API créé",
        "remove API token" => "jeton d’API supprimé",
        "set e-mail address" => "adresse e-mail définie",
        "set name" => "nom défini",
        "enable user" => "utilisateur activé",
        "disable user" => "utilisateur désactivé",
        "change teams" => "équipes modifiées",
        "change tags" => "étiquettes modifiées",
        "reset second factor" => "second facteur réinitialisé",
        _ => return None,
    })
}

/// Why somebody was not let in, by outcome and reason, as [`explain`](crate::admin::explain) says it in English.
pub(super) fn french_reason(outcome: &str, reason: Option<&str>) -> &'static str {
    match (outcome, reason.unwrap_or_default()) {
        ("throttled", _) => "il y a eu trop de tentatives",
        ("busy", _) => "trop de personnes se connectaient à cet instant",
        (_, "disabled") => "le compte est désactivé",
        (_, "no_such_user") => "le compte a été supprimé",
        (_, "no_password") => "le compte n’a pas de mot de passe ici",
        (_, "wrong_password") => "le mot de passe était faux",
        (_, "unverifiable_hash") => "le hachage enregistré du mot de passe ne peut pas être vérifié",
        (_, "wrong_app_password") => "le mot de passe d’application saisi n’est pas de ce compte",
        (_, "app_password_expired") => "le mot de passe d’application a expiré",
        (_, "not_vouched_for") => {
            "le mot de passe d’application ne compte que si le fournisseur d’identité ou LDAP a admis la personne récemment"
        }
        (_, "app_password_not_taken") => "les mots de passe d’application ne comptent pas là",
        (_, "needs_app_password") => "il y a un second facteur, et ce programme ne peut demander aucun code",
        (_, "wrong_code") => "le code du second facteur était faux",
        (_, "code_used") => "le code du second facteur avait déjà servi",
        (_, "wrong_passkey") => "la réponse de la clé d’accès n’était pas juste",
        (_, "passkey_count") => {
            "la clé d’accès n’a pas compté plus loin qu’à la dernière connexion : elle peut avoir été copiée"
        }
        (_, "upstream_conflict") => "l’ancien service connaît une autre personne avec cet identifiant ou cette adresse",
        (_, "not_to_come_over") => "cette personne ne peut pas venir de l’ancien service",
        (_, "stale_proof" | "changed") => "le compte a été modifié pendant la connexion",
        (_, "proof_too_old" | "expired" | "unknown_token" | "session_closed" | "session_overdue") => {
            "le jeton présenté ou la session avait pris fin"
        }
        (_, "wrong_client") => "le jeton pour rester connecté est d’un autre programme",
        (_, "missing_right" | "lacks_right") => "le droit que l’application exige manque",
        (_, "missing_scope" | "lacks_scope") => "une portée que l’application exige manque",
        (_, "must_be_asked") => {
            "la personne doit prouver à nouveau qui elle est, et le fournisseur d’identité ne le lui a pas demandé"
        }
        (_, "signed_off") => "le navigateur n’était plus connecté",
        (_, "linked_to_another") => "le compte est lié à une autre personne chez le fournisseur d’identité",
        (_, "no_account") => "le fournisseur d’identité connaît la personne, mais elle n’a pas de compte ici",
        (_, "refused_elsewhere") => "le serveur LDAP ou l’ancien service n’admet pas la personne",
        (_, "declined") => "la personne n’a pas admis le programme",
        (_, "denied_by_provider") => "le fournisseur d’identité n’a pas admis la personne, ou elle a abandonné là-bas",
        (_, "provider_failed" | "provider_busy" | "provider_unavailable" | "not_proven") => {
            "le fournisseur d’identité a échoué"
        }
        (_, "ldap_unavailable") => "le serveur LDAP n’a pas répondu",
        (_, "old_service_unavailable") => "l’ancien service n’a pas répondu",
        (_, "store_unavailable") => "le stockage n’a pas répondu",
        (_, "unknown_application") => "l’application ne peut connecter personne ici",
        _ => "le journal de cet instant le dit",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::explain;
    use crate::domain::event::{AccountAct, LoginWay, Outcome};
    use crate::domain::{AuthMethod, CloseReason, Denied, Refusal};

    #[test]
    fn what_events_name_is_known_in_every_language() {
        let names = LoginWay::ALL.map(LoginWay::as_str).into_iter().chain(Outcome::ALL.map(Outcome::as_str));
        let names =
            names.chain(AuthMethod::ALL.map(AuthMethod::as_str)).chain(CloseReason::ALL.map(CloseReason::as_str));
        for name in names.chain(AccountAct::ALL.map(AccountAct::as_str)) {
            assert!(german(name).is_some() && french(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_explained_in_english_is_explained_in_every_language() {
        let unknown = "of no release";
        let reasons = Denied::ALL.map(Denied::as_str).into_iter().chain(Refusal::ALL.map(Refusal::as_str));
        for (outcome, reason) in reasons.map(|reason| ("refused", reason)).chain([("throttled", ""), ("busy", "")]) {
            let english = explain(outcome, Some(reason)).why != explain("refused", Some(unknown)).why;
            for (language, tell) in [("German", german_reason as fn(_, _) -> _), ("French", french_reason)] {
                let told = tell(outcome, Some(reason)) != tell("refused", Some(unknown));
                assert_eq!(english, told, "{language}: {outcome} {reason}");
            }
        }
    }
}
