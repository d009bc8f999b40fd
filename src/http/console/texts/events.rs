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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::explain;
    use crate::domain::event::{AccountAct, LoginWay, Outcome};
    use crate::domain::{AuthMethod, CloseReason, Denied, Refusal};

    #[test]
    fn what_events_name_is_known_in_german() {
        let names = LoginWay::ALL.map(LoginWay::as_str).into_iter().chain(Outcome::ALL.map(Outcome::as_str));
        let names =
            names.chain(AuthMethod::ALL.map(AuthMethod::as_str)).chain(CloseReason::ALL.map(CloseReason::as_str));
        for name in names.chain(AccountAct::ALL.map(AccountAct::as_str)) {
            assert!(german(name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_explained_in_english_is_explained_in_german() {
        let unknown = "of no release";
        let reasons = Denied::ALL.map(Denied::as_str).into_iter().chain(Refusal::ALL.map(Refusal::as_str));
        for (outcome, reason) in reasons.map(|reason| ("refused", reason)).chain([("throttled", ""), ("busy", "")]) {
            let english = explain(outcome, Some(reason)).why != explain("refused", Some(unknown)).why;
            let german = german_reason(outcome, Some(reason)) != german_reason("refused", Some(unknown));
            assert_eq!(english, german, "{outcome} {reason}");
        }
    }
}
