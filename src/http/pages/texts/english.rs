//! English.

use super::{
    AccountTexts, AppPasswordTexts, ConfirmTexts, DoneTexts, FactorTexts, FootTexts, ForgotTexts, HomeTexts, LinkTexts,
    LoginTexts, PasskeyTexts, ProblemText, ProblemTexts, RegisterTexts, SignOutTexts, Texts,
};

/// What the pages say in English.
pub(super) const ENGLISH: Texts = Texts {
    colon: ": ",
    foot: FootTexts { languages: "Language", help: "Help", privacy: "Privacy", imprint: "Imprint" },
    home: HomeTexts {
        title: "The gate is open.",
        lead: "This server speaks the BimPlus v2 authorization API. Programs, plugins and mobile apps that know it work \
               here as they are: only their base URL changes. So do those of the Infinite Directory session API, which log \
               people in through a browser.",
        ways: "Where to go",
        docs: "API documentation",
        docs_explained: "Every call, field and error, to read and to try out right here.",
        openapi_explained: "The same for machines: OpenAPI 3.1, for generators and test tools.",
        first_call: "A first call",
    },
    login: LoginTexts {
        title: "Log in",
        error: "Error",
        continue_to: "Continue to",
        your_account: "your account",
        program_waits: "A program waits for this login. You will be asked once more before it is let in.",
        email: "E-mail address",
        password: "Password",
        submit: "Log in",
        wrong: "The e-mail address or the password is wrong.",
        throttled: |seconds| match seconds {
            1 => "Too many attempts. Please try again in a second.".to_owned(),
            _ => format!("Too many attempts. Please try again in {seconds} seconds."),
        },
        busy: "Too many people are logging in at this moment. Please try again in a few seconds.",
        unavailable: "The login does not work at this moment. Please try again in a minute.",
        code_title: "Enter your code",
        code: "Code",
        code_explained: "Your authenticator app shows it. Without the app, enter one of your recovery codes: each counts once.",
        recovery: "Recovery code",
        recovery_explained: "Without your passkey, enter one of your recovery codes: each counts once.",
        code_submit: "Continue",
        wrong_code: "The code is wrong, or was used before. An app shows a new one every 30 seconds.",
    },
    account: AccountTexts {
        title: "Your account",
        account: "Account",
        places: "Where you are logged in",
        places_explained: "If you do not know one of these, log it out and change your password.",
        browser_on: |browser, system| format!("{browser} on {system}"),
        unnamed: "A program without a name",
        kind_browser: "Browser that stays logged in",
        kind_client: "Program",
        kind_client_of: |application| format!("Program, application {application}"),
        kind_native: "Program that was let in through this browser",
        kind_web: |host| format!("Web application at {host}"),
        kind_web_of: |name, host| format!("{name}, web application at {host}"),
        own: "This browser",
        since: "Since",
        date: "%Y-%m-%d %H:%M UTC",
        used: |ago| match (ago.as_secs() / 60, ago.as_secs() / 3600, ago.as_secs() / 86_400) {
            (0, ..) => "last used less than a minute ago".to_owned(),
            (1, ..) => "last used a minute ago".to_owned(),
            (minutes, 0, _) => format!("last used {minutes} minutes ago"),
            (_, 1, _) => "last used an hour ago".to_owned(),
            (_, hours, 0) => format!("last used {hours} hours ago"),
            (.., 1) => "last used a day ago".to_owned(),
            (.., days) => format!("last used {days} days ago"),
        },
        network: "from",
        end: "Log out",
        end_others: "Log out everywhere but here",
        earlier: "Back",
        later: "More",
        part: |page, pages| format!("Page {page} of {pages}"),
        ended: "It has been logged out.",
        others_ended: "Everything but this browser has been logged out.",
        password: "Password",
        password_explained: "When you change it, everything but this browser is logged out.",
        present: "Present password",
        new: "New password",
        rules: |least| {
            format!(
                "At least {least} characters, of whatever kind: a few words are easy to remember. Your name and your \
                 address do not count."
            )
        },
        repeat: "New password, once more",
        revoke_app_passwords: "Also revoke all app passwords: the programs that use them are logged out",
        change: "Change password",
        set: "Set password",
        log_in_to_change: "To change your password, first log in again. That shows that it is you.",
        log_in_to_set: "You have no password here. To set one, first log in again. That shows that it is you.",
        log_in_again: "Log in again",
        elsewhere: "You have no password here. You log in at",
        elsewhere_explained: "Change your password there.",
        nowhere: "You have no password here. Ask your administrator if you need one.",
        password_changed: "Your password has been changed. Everything but this browser has been logged out.",
        not_fresh: "Your last login was too long ago. Nothing has been changed. Please log in again first.",
        not_here: "You cannot have a password here. Nothing has been changed.",
        wrong_present: "The present password is wrong. Nothing has been changed.",
        short: |least| format!("The new password is too short. It needs at least {least} characters."),
        like_app_password: "The new password begins as an app password does, and would be taken for one. Please choose \
            another.",
        common: "The new password is one of the commonest, which are guessed first. Please choose another.",
        personal: |least| {
            format!(
                "Without your name and your address the new password is too short. It needs {least} characters besides."
            )
        },
        not_repeated: "The new password was typed differently the second time. Please try again.",
    },
    app_passwords: AppPasswordTexts {
        title: "App passwords",
        explained: "For programs that ask for an e-mail address and a password and know no other login. Give each one of its \
                    own: then you can revoke it and leave the others.",
        rests_on_logins: |days| {
            format!("If you use nothing else for {days} days, they stop working until you log in here again.")
        },
        made: "New app password:",
        shown_once: "Enter it in the program now, with your e-mail address. It is shown only this once.",
        since: "Made on",
        last_used: "last used on",
        ends: "ends on",
        ended: "ended on",
        day: "%Y-%m-%d",
        never_used: "never used",
        revoke: "Revoke",
        revoked: "The app password has been revoked. What was logged in with it has been logged out.",
        name: "Name, such as the program or device",
        counts: "Counts",
        until_revoked: "until you revoke it",
        days: |days| format!("for {days} days"),
        make: "Make app password",
        log_in_to_make: "To make an app password, first log in again. That shows that it is you.",
        full: |most| {
            format!("You have {most} app passwords, which is all that you can have. Revoke one to make another.")
        },
        wrong_name: "An app password needs a name, and not too long a one. None has been made.",
        no_more: |most| {
            format!("You have {most} app passwords already. No other has been made. Please revoke one first.")
        },
    },
    factor: FactorTexts {
        section: "Second factor",
        off: "A passkey, or a code that an app shows, can be asked for besides your password. Then nobody gets in who only \
              knows the password.",
        set_up: "Set up an authenticator app",
        on_since: "Since",
        left: |left| match left {
            0 => "No recovery code is left. Make new ones before you need one.".to_owned(),
            1 => "One recovery code is left.".to_owned(),
            left => format!("{left} recovery codes are left."),
        },
        programs: "Programs that ask for your address and password only need an app password now.",
        changes: "Every change logs out everything but this browser, and asks for a code first.",
        new_codes: "New recovery codes",
        app: "Authenticator app",
        remove: "Remove",
        log_in_first: "To change your second factor, first log in again. That shows that it is you.",
        not_here: "You cannot have a second factor here. Nothing has been changed.",
        added: "It has been added as a second factor. Everything but this browser has been logged out.",
        removed: "It has been removed as a second factor. Everything but this browser has been logged out.",

        title: "Set up an authenticator app",
        lead: "You need an authenticator app, such as one that your phone or your password manager has.",
        scan: "Scan this with the app:",
        picture: "QR code for your authenticator app",
        type_in: "Or enter this key there, by time and with six digits:",
        then: "Then show that it works. Everything but this browser is logged out.",
        present: "Your password",
        code: "Code that the app shows",
        submit: "Turn it on",
        cancel: "Cancel",

        codes_title: "Your recovery codes",
        is_on: "Your second factor is on.",
        codes_are_new: "These are your new recovery codes. The former ones do not count any more.",
        codes_lead: "If you lose your app or your passkey, each of these lets you in once instead. Write them down or print \
                     them now: they are not shown again.",
        codes: "Recovery codes",
        others_ended: "Everything but this browser has been logged out.",
        back: "I have kept them",
    },
    passkey: PasskeyTexts {
        kind: "Passkey",
        since: "Added on",
        full: |most| format!("You have {most} passkeys, as many as one may have. Remove one to add another."),
        no_address: "You cannot add a passkey: browsers offer them at addresses with https only. Your administrator can set \
                     one up (server.public_url).",

        title: "Add a passkey",
        lead: "A passkey is kept by your phone, your computer, your password manager or a security key.",
        name: "Name, such as the device",
        then: "Your browser then asks where to keep it. Everything but this browser is logged out.",
        submit: "Add a passkey",
        wrong_name: "A passkey needs a name, and not too long a one. None has been added.",
        none_sent: "Your browser has sent no passkey. It must know passkeys, and run scripts.",
        not_made: "Your browser has made no passkey. You may have stopped it, or have one there already.",

        login_title: "Show that it is you",
        use_it: "Use your passkey",
        or_use: "Leave the field empty to use your passkey.",
        not_used: "Your browser has used no passkey. Try again, or enter a code.",
        wrong: "The passkey was not accepted. Please try again.",
    },
    forgot: ForgotTexts {
        way: "Forgot your password?",
        title: "Set a new password",
        lead: "Enter the address that you log in with. You will be sent a link by which you set a new password.",
        submit: "Send the link",
        no_address: "Please enter your e-mail address.",
        asked_title: "Look into your mailbox",
        asked: "If there is an account with this address, a mail is on its way. The link in it counts for 30 minutes.",
        no_mail: "No mail? Look among unwanted mail, check the address, or ask your administrator.",
    },
    link: LinkTexts {
        title: "Set your password",
        lead: "You log in with it from now on. Whoever is logged in with your account now is logged out.",
        done_title: "Your password is set",
        done: "Go back to your program and log in with it. You can close this window.",
    },
    confirm: ConfirmTexts {
        title: "Let this program in?",
        lead: "A program asks to be logged in with your account.",
        warning_title: "Only if you started this yourself",
        warning: "Did someone send you the link to this page? Then choose No: otherwise it is their program that gets in, \
                  with your name and to everything that you may see and do.",
        operator: "It asks to manage this server: it could then change every account, and log in as anybody.",
        account: "Your account",
        program: "Program, as it calls itself",
        unnamed: "It does not say.",
        silent: "No program waits for this login yet. Go back to yours and let it wait, then look again here.",
        again: "Look again",
        address: "Asked from the address",
        asked: "Asked at",
        ago: |age| match age.as_secs() / 60 {
            0 => "less than a minute ago".to_owned(),
            1 => "a minute ago".to_owned(),
            minutes => format!("{minutes} minutes ago"),
        },
        yes: "Yes, log it in",
        no: "No",
    },
    register: RegisterTexts {
        title: "Register an application",
        lead: "Continue, and the next login in this browser does two things:",
        effects: ["Whoever logs in becomes a front-end user.", "From then on, logins may be sent to this address."],
        address: "Address",
        warning_title: "Check every letter of it",
        warning: "Whoever owns this address can receive the logins of everybody. Continue only if you know it, and if \
                  the person who should become the front-end user is sitting here.",
        submit: "Continue to the login",
        cancel: "Nothing has been changed yet. To cancel, close this window.",
    },
    done: DoneTexts {
        title: "The login is done",
        close: "You can close this window and go back to your program.",
        otherwise: "If the program does not let you in, start the login there again.",
    },
    sign_out: SignOutTexts {
        title: "Log out?",
        lead: "This browser forgets you: the next login asks who you are again. Programs that are logged in stay so \
               until you close them.",
        account: "Your account",
        submit: "Log out",
        done_title: "You are logged out",
        done: "This browser no longer knows you. You can close this window.",
        only_here: "Your identity provider may still know you. Log out there too if other people use this browser.",
    },
    problem: ProblemTexts {
        detail: "For the developers of the application",
        request_id: "Request",
        again: "Start the login again",
        stale: ProblemText {
            title: "This login can no longer be used",
            sentence: "It is over, has been used already, or was started in another browser.",
            next: "Go back to the application and start the login again.",
        },
        refused: ProblemText {
            title: "The login did not work",
            sentence: "The identity provider's answer could not be accepted. Nobody has been logged in.",
            next: "Go back to the application and try again. If it happens again, tell your administrator.",
        },
        no_cookie: ProblemText {
            title: "Your browser sent no cookie",
            sentence: "The login is tied to this browser by a cookie, and the cookie is missing. Perhaps cookies \
                       are switched off or were deleted, or this page was opened at another address than before, \
                       for example with http instead of https.",
            next: "Allow cookies for this site, then go back to the application and start the login again.",
        },
        expired: ProblemText {
            title: "This login took too long",
            sentence: "It is no longer valid. Nothing has been lost.",
            next: "Go back to the application and start the login again.",
        },
        wrong_codes: ProblemText {
            title: "Too many wrong codes",
            sentence: "This login is over, and nobody has been logged in.",
            next: "Start the login again. If you have lost your second factor and your recovery codes, ask your administrator.",
        },
        denied: ProblemText {
            title: "The identity provider did not let you in",
            sentence: "It did not confirm who you are, or you cancelled there. Nobody has been logged in.",
            next: "Go back to the application and try again. If it happens again, tell your administrator.",
        },
        no_account: ProblemText {
            title: "You have no account here",
            sentence: "The identity provider has confirmed who you are, but no account here belongs to you.",
            next: "Ask your administrator for one, and tell them the number below.",
        },
        linked: ProblemText {
            title: "Your account is linked to someone else",
            sentence: "The account with your e-mail address belongs to another person of the identity provider, or \
                       to you under an earlier name.",
            next: "Ask your administrator to link it anew, and tell them the number below.",
        },
        disabled: ProblemText {
            title: "Your account is disabled",
            sentence: "An administrator has switched it off, so you cannot log in.",
            next: "Ask your administrator, and tell them the number below.",
        },
        changed: ProblemText {
            title: "Your account has changed",
            sentence: "It was changed while you were logging in, so this login no longer counts.",
            next: "Go back to the application and start the login again.",
        },
        declined: ProblemText {
            title: "Nothing was let in",
            sentence: "You said No: the program has not been logged in.",
            next: "You can close this window. If somebody sent you the link, tell your administrator.",
        },
        malformed: ProblemText {
            title: "This link does not work",
            sentence: "Something is missing in it, or is not as it should be.",
            next: "Go back to where you came from and try again. If it happens again, tell who runs that application.",
        },
        outdated: ProblemText {
            title: "This page is out of date",
            sentence: "Since it was shown, your login in this browser has ended or was renewed. Nothing has been changed.",
            next: "Open your account again.",
        },
        link: ProblemText {
            title: "This link can no longer be used",
            sentence: "It has been used already, is too old or incomplete, or your browser keeps no cookies.",
            next: "Ask for a new link.",
        },
        unauthorized: ProblemText {
            title: "For administrators only",
            sentence: "The name or the password was not the administrator's.",
            next: "Load this page again to try once more.",
        },
        forbidden: ProblemText {
            title: "You may not do this",
            sentence: "Your account lacks a right that is needed here.",
            next: "Ask your administrator for it.",
        },
        unregistered: ProblemText {
            title: "Unknown application",
            sentence: "The application that sent you here is not registered, so nobody is sent back to it.",
            next: "If you know the application, ask your administrator to register its address.",
        },
        missing: ProblemText {
            title: "Nothing here",
            sentence: "There is no page at this address.",
            next: "Check the address, or go back to where you came from.",
        },
        conflict: ProblemText {
            title: "This login is already under way",
            sentence: "The program started a login with this link before.",
            next: "Finish it in the window where it is open, or start a new one in the program.",
        },
        too_many: ProblemText {
            title: "Too many attempts",
            sentence: "There have been too many logins from your network at once.",
            next: "Wait a minute, then start the login again.",
        },
        unavailable: ProblemText {
            title: "Not now",
            sentence: "Something that the login needs does not answer at this moment.",
            next: "Try again in a minute. If it goes on, tell your administrator.",
        },
        unknown: ProblemText {
            title: "Something went wrong here",
            sentence: "That was our fault, not yours.",
            next: "Try again. If it happens again, tell your administrator, with the number below.",
        },
    },
};
