//! German.

use super::{
    AccountTexts, AppPasswordTexts, ConfirmTexts, DoneTexts, FactorTexts, FootTexts, ForgotTexts, HomeTexts, LinkTexts,
    LoginTexts, PasskeyTexts, ProblemText, ProblemTexts, RegisterTexts, SignOutTexts, Texts,
};

/// What the pages say in German.
pub(super) const GERMAN: Texts = Texts {
    colon: ": ",
    foot: FootTexts { languages: "Sprache", help: "Hilfe", privacy: "Datenschutz", imprint: "Impressum" },
    home: HomeTexts {
        title: "Das Tor ist offen.",
        lead: "Dieser Server spricht das BimPlus v2 Authorization API. Programme, Plug-ins und Apps, die es kennen, \
               arbeiten hier unverändert: Nur ihre Basis-URL ist eine andere. Dasselbe gilt für die Programme des Infinite \
               Directory Session API, die Personen über einen Browser anmelden.",
        ways: "Wohin es geht",
        docs: "API-Dokumentation",
        docs_explained: "Jeder Aufruf, jedes Feld und jeder Fehler, zum Lesen und gleich zum Ausprobieren, auf Englisch.",
        openapi_explained: "Dasselbe für Maschinen: OpenAPI 3.1, für Generatoren und Testwerkzeuge.",
        first_call: "Ein erster Aufruf",
    },
    login: LoginTexts {
        title: "Anmelden",
        error: "Fehler",
        continue_to: "Weiter zu",
        your_account: "Ihrem Konto",
        program_waits: "Ein Programm wartet auf diese Anmeldung. Bevor es Zugang bekommt, werden Sie noch einmal gefragt.",
        email: "E-Mail-Adresse",
        password: "Passwort",
        submit: "Anmelden",
        wrong: "Die E-Mail-Adresse oder das Passwort ist falsch.",
        throttled: |seconds| match seconds {
            1 => "Zu viele Versuche. Bitte versuchen Sie es in einer Sekunde noch einmal.".to_owned(),
            _ => format!("Zu viele Versuche. Bitte versuchen Sie es in {seconds} Sekunden noch einmal."),
        },
        busy: "Gerade melden sich zu viele Personen an. Bitte versuchen Sie es in ein paar Sekunden noch einmal.",
        unavailable: "Die Anmeldung funktioniert gerade nicht. Bitte versuchen Sie es in einer Minute noch einmal.",
        code_title: "Code eingeben",
        code: "Code",
        code_explained: "Ihre Authenticator-App zeigt ihn an. Ohne die App geben Sie einen Ihrer Wiederherstellungscodes ein: \
                         Jeder zählt einmal.",
        recovery: "Wiederherstellungscode",
        recovery_explained: "Ohne Ihren Passkey geben Sie einen Ihrer Wiederherstellungscodes ein: Jeder zählt einmal.",
        code_submit: "Weiter",
        wrong_code: "Der Code ist falsch oder wurde schon benutzt. Eine App zeigt alle 30 Sekunden einen neuen.",
    },
    account: AccountTexts {
        title: "Ihr Konto",
        account: "Konto",
        places: "Wo Sie angemeldet sind",
        places_explained: "Wenn Sie etwas davon nicht kennen, melden Sie es ab und ändern Sie Ihr Passwort.",
        browser_on: |browser, system| format!("{browser} auf {system}"),
        unnamed: "Ein Programm ohne Namen",
        kind_browser: "Browser, der angemeldet bleibt",
        kind_client: "Programm",
        kind_client_of: |application| format!("Programm, Anwendung {application}"),
        kind_native: "Programm, das durch diesen Browser Zugang bekam",
        kind_web: |host| format!("Web-Anwendung auf {host}"),
        kind_web_of: |name, host| format!("{name}, Web-Anwendung auf {host}"),
        own: "Dieser Browser",
        since: "Seit",
        date: "%d.%m.%Y %H:%M UTC",
        used: |ago| match (ago.as_secs() / 60, ago.as_secs() / 3600, ago.as_secs() / 86_400) {
            (0, ..) => "zuletzt benutzt vor weniger als einer Minute".to_owned(),
            (1, ..) => "zuletzt benutzt vor einer Minute".to_owned(),
            (minutes, 0, _) => format!("zuletzt benutzt vor {minutes} Minuten"),
            (_, 1, _) => "zuletzt benutzt vor einer Stunde".to_owned(),
            (_, hours, 0) => format!("zuletzt benutzt vor {hours} Stunden"),
            (.., 1) => "zuletzt benutzt vor einem Tag".to_owned(),
            (.., days) => format!("zuletzt benutzt vor {days} Tagen"),
        },
        network: "von",
        end: "Abmelden",
        end_others: "Überall außer hier abmelden",
        earlier: "Zurück",
        later: "Weitere",
        part: |page, pages| format!("Seite {page} von {pages}"),
        ended: "Die Anmeldung ist beendet.",
        others_ended: "Alles außer diesem Browser ist abgemeldet.",
        password: "Passwort",
        password_explained: "Wenn Sie es ändern, wird alles außer diesem Browser abgemeldet.",
        present: "Bisheriges Passwort",
        new: "Neues Passwort",
        rules: |least| {
            format!(
                "Mindestens {least} Zeichen, gleich welcher Art: Ein paar Wörter merken sich leicht. Ihr Name und Ihre Adresse \
                 zählen nicht mit."
            )
        },
        repeat: "Neues Passwort, noch einmal",
        revoke_app_passwords: "Auch alle App-Passwörter widerrufen: Programme, die sie benutzen, werden abgemeldet",
        change: "Passwort ändern",
        set: "Passwort festlegen",
        log_in_to_change: "Um Ihr Passwort zu ändern, melden Sie sich erst noch einmal an. Das zeigt, dass Sie es sind.",
        log_in_to_set: "Sie haben hier kein Passwort. Um eines festzulegen, melden Sie sich erst noch einmal an. Das zeigt, \
                        dass Sie es sind.",
        log_in_again: "Noch einmal anmelden",
        elsewhere: "Sie haben hier kein Passwort. Sie melden sich an bei",
        elsewhere_explained: "Dort ändern Sie Ihr Passwort.",
        nowhere: "Sie haben hier kein Passwort. Wenn Sie eines brauchen, fragen Sie Ihren Administrator.",
        password_changed: "Ihr Passwort ist geändert. Alles außer diesem Browser ist abgemeldet.",
        not_fresh: "Ihre letzte Anmeldung ist zu lange her. Geändert ist nichts. Bitte melden Sie sich erst noch einmal an.",
        not_here: "Sie können hier kein Passwort haben. Geändert ist nichts.",
        wrong_present: "Das bisherige Passwort ist falsch. Geändert ist nichts.",
        short: |least| format!("Das neue Passwort ist zu kurz. Es braucht mindestens {least} Zeichen."),
        like_app_password: "Das neue Passwort beginnt wie ein App-Passwort und würde für eines gehalten. Bitte wählen Sie ein \
            anderes.",
        common: "Das neue Passwort ist eines der häufigsten, die zuerst geraten werden. Bitte wählen Sie ein anderes.",
        personal: |least| {
            format!(
                "Ohne Ihren Namen und Ihre Adresse ist das neue Passwort zu kurz. Es braucht außer ihnen {least} Zeichen."
            )
        },
        not_repeated: "Das neue Passwort war beim zweiten Mal ein anderes. Bitte versuchen Sie es noch einmal.",
    },
    app_passwords: AppPasswordTexts {
        title: "App-Passwörter",
        explained: "Für Programme, die nach E-Mail-Adresse und Passwort fragen und keine andere Anmeldung kennen. Geben Sie \
                    jedem ein eigenes: Dann können Sie es widerrufen, und die anderen bleiben.",
        rests_on_logins: |days| {
            format!(
                "Wenn Sie {days} Tage lang nichts anderes benutzen, gelten sie nicht mehr, bis Sie sich hier wieder anmelden."
            )
        },
        made: "Neues App-Passwort:",
        shown_once: "Geben Sie es jetzt im Programm ein, zusammen mit Ihrer E-Mail-Adresse. Es wird nur dieses eine Mal \
                     gezeigt.",
        since: "Erstellt am",
        last_used: "zuletzt benutzt am",
        ends: "endet am",
        ended: "endete am",
        day: "%d.%m.%Y",
        never_used: "nie benutzt",
        revoke: "Widerrufen",
        revoked: "Das App-Passwort ist widerrufen. Was damit angemeldet war, ist abgemeldet.",
        name: "Name, etwa das Programm oder Gerät",
        counts: "Gilt",
        until_revoked: "bis Sie es widerrufen",
        days: |days| format!("{days} Tage"),
        make: "App-Passwort erstellen",
        log_in_to_make: "Um ein App-Passwort zu erstellen, melden Sie sich erst noch einmal an. Das zeigt, dass Sie es sind.",
        full: |most| {
            format!(
                "Sie haben {most} App-Passwörter, mehr sind nicht möglich. Widerrufen Sie eines, um ein anderes zu erstellen."
            )
        },
        wrong_name: "Ein App-Passwort braucht einen Namen, und keinen zu langen. Erstellt ist keines.",
        no_more: |most| {
            format!(
                "Sie haben schon {most} App-Passwörter. Ein weiteres ist nicht erstellt. Bitte widerrufen Sie erst eines."
            )
        },
    },
    factor: FactorTexts {
        section: "Zweiter Faktor",
        off: "Außer dem Passwort kann nach einem Passkey gefragt werden, oder nach einem Code, den eine App anzeigt. Dann kommt \
              niemand hinein, der nur das Passwort kennt.",
        set_up: "Authenticator-App einrichten",
        on_since: "Seit",
        left: |left| match left {
            0 => "Kein Wiederherstellungscode ist übrig. Machen Sie neue, bevor Sie einen brauchen.".to_owned(),
            1 => "Ein Wiederherstellungscode ist übrig.".to_owned(),
            left => format!("{left} Wiederherstellungscodes sind übrig."),
        },
        programs: "Programme, die nur nach Adresse und Passwort fragen, brauchen jetzt ein App-Passwort.",
        changes: "Jede Änderung meldet alles außer diesem Browser ab und fragt zuerst nach einem Code.",
        new_codes: "Neue Wiederherstellungscodes",
        app: "Authenticator-App",
        remove: "Entfernen",
        log_in_first: "Um Ihren zweiten Faktor zu ändern, melden Sie sich erst noch einmal an. Das zeigt, dass Sie es sind.",
        not_here: "Sie können hier keinen zweiten Faktor haben. Geändert ist nichts.",
        added: "Der zweite Faktor ist hinzugefügt. Alles außer diesem Browser ist abgemeldet.",
        removed: "Der zweite Faktor ist entfernt. Alles außer diesem Browser ist abgemeldet.",

        title: "Authenticator-App einrichten",
        lead: "Sie brauchen eine Authenticator-App, zum Beispiel die Ihres Telefons oder Ihres Passwort-Managers.",
        scan: "Scannen Sie das mit der App:",
        picture: "QR-Code für Ihre Authenticator-App",
        type_in: "Oder geben Sie dort diesen Schlüssel ein, nach Zeit und mit sechs Ziffern:",
        then: "Dann zeigen Sie, dass es geht. Alles außer diesem Browser wird abgemeldet.",
        present: "Ihr Passwort",
        code: "Code, den die App anzeigt",
        submit: "Einschalten",
        cancel: "Abbrechen",

        codes_title: "Ihre Wiederherstellungs-Codes",
        is_on: "Ihr zweiter Faktor ist eingeschaltet.",
        codes_are_new: "Das sind Ihre neuen Wiederherstellungscodes. Die bisherigen zählen nicht mehr.",
        codes_lead: "Wenn Sie Ihre App oder Ihren Passkey verlieren, kommen Sie mit jedem davon einmal hinein. Schreiben Sie \
                     sie jetzt auf, oder drucken Sie sie: Sie werden nicht noch einmal gezeigt.",
        codes: "Wiederherstellungscodes",
        others_ended: "Alles außer diesem Browser ist abgemeldet.",
        back: "Ich habe sie aufbewahrt",
    },
    passkey: PasskeyTexts {
        kind: "Passkey",
        since: "Hinzugefügt am",
        full: |most| {
            format!("Sie haben {most} Passkeys, mehr sind nicht möglich. Entfernen Sie einen für einen anderen.")
        },
        no_address: "Sie können keinen Passkey hinzufügen: Browser bieten sie nur unter Adressen mit https an. Ihr \
                     Administrator kann eine einrichten (server.public_url).",

        title: "Passkey hinzufügen",
        lead: "Einen Passkey verwahrt Ihr Telefon, Ihr Computer, Ihr Passwort-Manager oder ein Sicherheitsschlüssel.",
        name: "Name, etwa das Gerät",
        then: "Ihr Browser fragt dann, wo er verwahrt werden soll. Alles außer diesem Browser wird abgemeldet.",
        submit: "Passkey hinzufügen",
        wrong_name: "Ein Passkey braucht einen Namen, und keinen zu langen. Hinzugefügt ist keiner.",
        none_sent: "Ihr Browser hat keinen Passkey geschickt. Er muss Passkeys kennen und Skripte ausführen.",
        not_made: "Ihr Browser hat keinen Passkey erstellt. Vielleicht haben Sie abgebrochen, oder dort ist schon einer.",

        login_title: "Zeigen Sie, dass Sie es sind",
        use_it: "Passkey benutzen",
        or_use: "Lassen Sie das Feld leer, um Ihren Passkey zu benutzen.",
        not_used: "Ihr Browser hat keinen Passkey benutzt. Versuchen Sie es noch einmal, oder geben Sie einen Code ein.",
        wrong: "Der Passkey wurde nicht angenommen. Bitte versuchen Sie es noch einmal.",
    },
    forgot: ForgotTexts {
        way: "Passwort vergessen?",
        title: "Neues Passwort festlegen",
        lead: "Geben Sie die Adresse ein, mit der Sie sich anmelden. Dorthin geht ein Link, mit dem Sie ein neues Passwort \
               festlegen.",
        submit: "Link schicken",
        no_address: "Bitte geben Sie Ihre E-Mail-Adresse ein.",
        asked_title: "Sehen Sie in Ihr Postfach",
        asked: "Wenn es ein Konto mit dieser Adresse gibt, ist eine E-Mail unterwegs. Der Link darin gilt 30 Minuten.",
        no_mail: "Keine E-Mail? Sehen Sie bei der unerwünschten Post nach, prüfen Sie die Adresse oder fragen Sie Ihren \
                  Administrator.",
    },
    link: LinkTexts {
        title: "Passwort festlegen",
        lead: "Damit melden Sie sich von jetzt an an. Wer gerade mit Ihrem Konto angemeldet ist, wird abgemeldet.",
        done_title: "Ihr Passwort ist festgelegt",
        done: "Melden Sie sich damit in Ihrem Programm an. Sie können dieses Fenster schließen.",
    },
    confirm: ConfirmTexts {
        title: "Dieses Programm anmelden?",
        lead: "Ein Programm möchte mit Ihrem Konto angemeldet werden.",
        warning_title: "Nur, wenn Sie das selbst begonnen haben",
        warning: "Hat Ihnen jemand den Link zu dieser Seite geschickt? Dann wählen Sie Nein: Sonst bekommt dessen Programm \
                  Zugang, unter Ihrem Namen und zu allem, was Sie sehen und tun dürfen.",
        operator: "Es möchte diesen Server verwalten: Es könnte dann jedes Konto ändern und sich als jede Person anmelden.",
        account: "Ihr Konto",
        program: "Programm, wie es sich selbst nennt",
        unnamed: "Es nennt sich nicht.",
        silent: "Noch wartet kein Programm auf diese Anmeldung. Lassen Sie Ihres warten und sehen Sie hier noch einmal nach.",
        again: "Noch einmal nachsehen",
        address: "Angefragt von der Adresse",
        asked: "Angefragt um",
        ago: |age| match age.as_secs() / 60 {
            0 => "vor weniger als einer Minute".to_owned(),
            1 => "vor einer Minute".to_owned(),
            minutes => format!("vor {minutes} Minuten"),
        },
        yes: "Ja, anmelden",
        no: "Nein",
    },
    register: RegisterTexts {
        title: "Anwendung registrieren",
        lead: "Wenn Sie fortfahren, bewirkt die nächste Anmeldung in diesem Browser zweierlei:",
        effects: [
            "Wer sich anmeldet, wird Front-End-Benutzer.",
            "Von da an dürfen Anmeldungen an diese Adresse gehen.",
        ],
        address: "Adresse",
        warning_title: "Prüfen Sie jeden Buchstaben",
        warning: "Wem diese Adresse gehört, der kann die Anmeldungen aller empfangen. Fahren Sie nur fort, wenn Sie sie \
                  kennen und wenn die Person hier sitzt, die Front-End-Benutzer werden soll.",
        submit: "Weiter zur Anmeldung",
        cancel: "Noch ist nichts geändert. Zum Abbrechen schließen Sie dieses Fenster.",
    },
    done: DoneTexts {
        title: "Die Anmeldung ist abgeschlossen",
        close: "Sie können dieses Fenster schließen und zu Ihrem Programm zurückkehren.",
        otherwise: "Wenn das Programm Ihnen keinen Zugang gibt, beginnen Sie die Anmeldung dort noch einmal.",
    },
    sign_out: SignOutTexts {
        title: "Abmelden?",
        lead: "Dieser Browser vergisst Sie: Die nächste Anmeldung fragt wieder, wer Sie sind. Programme, die angemeldet \
               sind, bleiben es, bis Sie sie schließen.",
        account: "Ihr Konto",
        submit: "Abmelden",
        done_title: "Sie sind abgemeldet",
        done: "Dieser Browser kennt Sie nicht mehr. Sie können dieses Fenster schließen.",
        only_here: "Ihr Identitätsanbieter kennt Sie vielleicht noch. Melden Sie sich auch dort ab, wenn andere diesen Browser \
                    benutzen.",
    },
    problem: ProblemTexts {
        detail: "Für die Entwickler der Anwendung",
        request_id: "Anfrage",
        again: "Anmeldung neu beginnen",
        stale: ProblemText {
            title: "Diese Anmeldung gilt nicht mehr",
            sentence: "Sie ist vorbei, wurde schon benutzt oder in einem anderen Browser begonnen.",
            next: "Gehen Sie zurück zur Anwendung und beginnen Sie die Anmeldung noch einmal.",
        },
        refused: ProblemText {
            title: "Die Anmeldung hat nicht geklappt",
            sentence: "Die Antwort des Identitätsanbieters war nicht annehmbar. Niemand wurde angemeldet.",
            next: "Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es \
                   Ihrem Administrator.",
        },
        no_cookie: ProblemText {
            title: "Ihr Browser hat kein Cookie geschickt",
            sentence: "Ein Cookie bindet die Anmeldung an diesen Browser, und es fehlt. Vielleicht sind Cookies \
                       abgeschaltet oder gelöscht worden, oder diese Seite wurde unter einer anderen Adresse \
                       geöffnet als vorher, etwa mit http statt mit https.",
            next: "Erlauben Sie Cookies für diese Seite, gehen Sie zurück zur Anwendung und beginnen Sie die \
                   Anmeldung noch einmal.",
        },
        expired: ProblemText {
            title: "Diese Anmeldung hat zu lange gedauert",
            sentence: "Sie gilt nicht mehr. Verloren ist nichts.",
            next: "Gehen Sie zurück zur Anwendung und beginnen Sie die Anmeldung noch einmal.",
        },
        wrong_codes: ProblemText {
            title: "Zu viele falsche Codes",
            sentence: "Diese Anmeldung ist beendet, und niemand ist angemeldet.",
            next: "Beginnen Sie die Anmeldung noch einmal. Wenn Sie Ihren zweiten Faktor und Ihre \
                   Wiederherstellungscodes verloren haben, fragen Sie Ihren Administrator.",
        },
        denied: ProblemText {
            title: "Der Identitätsanbieter hat Sie nicht angemeldet",
            sentence: "Er hat nicht bestätigt, wer Sie sind, oder Sie haben dort abgebrochen. Niemand wurde \
                       angemeldet.",
            next: "Gehen Sie zurück zur Anwendung und versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie \
                   es Ihrem Administrator.",
        },
        no_account: ProblemText {
            title: "Sie haben hier kein Konto",
            sentence: "Der Identitätsanbieter hat bestätigt, wer Sie sind, aber hier gehört Ihnen kein Konto.",
            next: "Bitten Sie Ihren Administrator um eines, und nennen Sie ihm die Nummer unten.",
        },
        linked: ProblemText {
            title: "Ihr Konto ist mit jemand anderem verknüpft",
            sentence: "Das Konto mit Ihrer E-Mail-Adresse gehört beim Identitätsanbieter einer anderen Person, oder \
                       Ihnen unter einem früheren Namen.",
            next: "Bitten Sie Ihren Administrator, es neu zu verknüpfen, und nennen Sie ihm die Nummer unten.",
        },
        disabled: ProblemText {
            title: "Ihr Konto ist gesperrt",
            sentence: "Ein Administrator hat es abgeschaltet. Darum können Sie sich nicht anmelden.",
            next: "Wenden Sie sich an Ihren Administrator, und nennen Sie ihm die Nummer unten.",
        },
        changed: ProblemText {
            title: "Ihr Konto wurde geändert",
            sentence: "Das geschah, während Sie sich anmeldeten. Darum gilt diese Anmeldung nicht mehr.",
            next: "Gehen Sie zurück zur Anwendung und beginnen Sie die Anmeldung noch einmal.",
        },
        declined: ProblemText {
            title: "Nichts wurde angemeldet",
            sentence: "Sie haben Nein gesagt: Das Programm hat keinen Zugang bekommen.",
            next: "Sie können dieses Fenster schließen. Hat Ihnen jemand den Link geschickt, sagen Sie es Ihrem \
                   Administrator.",
        },
        malformed: ProblemText {
            title: "Dieser Link funktioniert nicht",
            sentence: "Darin fehlt etwas, oder etwas ist nicht so, wie es sein sollte.",
            next: "Gehen Sie dorthin zurück, wo Sie herkamen, und versuchen Sie es noch einmal. Geschieht es wieder, \
                   sagen Sie es dem Betreiber der Anwendung.",
        },
        outdated: ProblemText {
            title: "Diese Seite ist veraltet",
            sentence: "Seit sie angezeigt wurde, ist Ihre Anmeldung in diesem Browser zu Ende gegangen oder erneuert worden. \
                       Geändert ist nichts.",
            next: "Öffnen Sie Ihr Konto noch einmal.",
        },
        link: ProblemText {
            title: "Dieser Link gilt nicht mehr",
            sentence: "Er wurde schon benutzt, ist zu alt oder unvollständig, oder Ihr Browser behält keine Cookies.",
            next: "Lassen Sie sich einen neuen Link schicken.",
        },
        unauthorized: ProblemText {
            title: "Nur für Administratoren",
            sentence: "Der Name oder das Passwort war nicht das des Administrators.",
            next: "Laden Sie diese Seite neu, um es noch einmal zu versuchen.",
        },
        forbidden: ProblemText {
            title: "Das dürfen Sie nicht",
            sentence: "Ihrem Konto fehlt ein Recht, das hier nötig ist.",
            next: "Bitten Sie Ihren Administrator darum.",
        },
        unregistered: ProblemText {
            title: "Unbekannte Anwendung",
            sentence: "Die Anwendung, die Sie hierher geschickt hat, ist nicht registriert. Darum wird niemand zu ihr \
                       zurückgeschickt.",
            next: "Wenn Sie die Anwendung kennen, bitten Sie Ihren Administrator, ihre Adresse zu registrieren.",
        },
        missing: ProblemText {
            title: "Hier ist nichts",
            sentence: "Unter dieser Adresse gibt es keine Seite.",
            next: "Prüfen Sie die Adresse, oder gehen Sie dorthin zurück, wo Sie herkamen.",
        },
        conflict: ProblemText {
            title: "Diese Anmeldung läuft schon",
            sentence: "Das Programm hat mit diesem Link schon eine Anmeldung begonnen.",
            next: "Beenden Sie sie in dem Fenster, in dem sie offen ist, oder beginnen Sie im Programm eine neue.",
        },
        too_many: ProblemText {
            title: "Zu viele Versuche",
            sentence: "Aus Ihrem Netz gab es zu viele Anmeldungen auf einmal.",
            next: "Warten Sie eine Minute und beginnen Sie die Anmeldung dann noch einmal.",
        },
        unavailable: ProblemText {
            title: "Gerade nicht",
            sentence: "Etwas, das die Anmeldung braucht, antwortet im Augenblick nicht.",
            next: "Versuchen Sie es in einer Minute noch einmal. Bleibt es dabei, sagen Sie es Ihrem Administrator.",
        },
        unknown: ProblemText {
            title: "Hier ist etwas schiefgegangen",
            sentence: "Das war unser Fehler, nicht Ihrer.",
            next: "Versuchen Sie es noch einmal. Geschieht es wieder, sagen Sie es Ihrem Administrator, mit der Nummer \
                   unten.",
        },
    },
};
