//! French.

use super::{
    AccountTexts, AppPasswordTexts, ConfirmTexts, DoneTexts, FactorTexts, FootTexts, ForgotTexts, HomeTexts, LinkTexts,
    LoginTexts, PasskeyTexts, ProblemText, ProblemTexts, RegisterTexts, SignOutTexts, Texts,
};

/// What the pages say in French. The spaces before `:`, `;`, `?` and `!` do not break: a test holds it.
pub(super) const FRENCH: Texts = Texts {
    colon: " : ",
    foot: FootTexts { languages: "Langue", help: "Aide", privacy: "Confidentialité", imprint: "Mentions légales" },
    home: HomeTexts {
        title: "La porte est ouverte.",
        lead: "Ce serveur parle l’API d’autorisation BimPlus v2. Les programmes, modules et applications mobiles qui \
               la connaissent fonctionnent ici tels quels : seule leur URL de base change. Il en va de même pour \
               ceux de l’API de session Infinite Directory, qui connectent les personnes par un navigateur.",
        ways: "Où aller",
        docs: "Documentation de l’API",
        docs_explained: "Chaque appel, chaque champ et chaque erreur, à lire et à essayer ici même, en anglais.",
        openapi_explained: "La même chose pour les machines : OpenAPI 3.1, pour les générateurs et les outils de test.",
        first_call: "Un premier appel",
    },
    login: LoginTexts {
        title: "Connexion",
        error: "Erreur",
        continue_to: "Continuer vers",
        your_account: "votre compte",
        program_waits: "Un programme attend cette connexion. Une confirmation vous sera demandée avant qu’il \
                        obtienne l’accès.",
        email: "Adresse e-mail",
        password: "Mot de passe",
        submit: "Se connecter",
        wrong: "L’adresse e-mail ou le mot de passe est incorrect.",
        throttled: |seconds| match seconds {
            1 => "Trop de tentatives. Veuillez réessayer dans une seconde.".to_owned(),
            _ => format!("Trop de tentatives. Veuillez réessayer dans {seconds} secondes."),
        },
        busy: "Trop de personnes se connectent en ce moment. Veuillez réessayer dans quelques secondes.",
        unavailable: "La connexion ne fonctionne pas en ce moment. Veuillez réessayer dans une minute.",
        code_title: "Saisissez votre code",
        code: "Code",
        code_explained: "Votre application d’authentification l’affiche. Sans elle, saisissez l’un de vos codes de \
                         secours : chacun ne sert qu’une fois.",
        recovery: "Code de secours",
        recovery_explained: "Sans votre clé d’accès, saisissez l’un de vos codes de secours : chacun ne sert qu’une \
                             fois.",
        code_submit: "Continuer",
        wrong_code: "Le code est incorrect ou a déjà servi. Une application en affiche un nouveau toutes les 30 \
                     secondes.",
    },
    account: AccountTexts {
        title: "Votre compte",
        account: "Compte",
        places: "Où vous êtes connecté",
        places_explained: "Si vous ne reconnaissez pas l’un de ces éléments, déconnectez-le et changez votre mot de \
                           passe.",
        browser_on: |browser, system| format!("{browser} sur {system}"),
        unnamed: "Un programme sans nom",
        kind_browser: "Navigateur qui reste connecté",
        kind_client: "Programme",
        kind_client_of: |application| format!("Programme, application {application}"),
        kind_native: "Programme qui a obtenu l’accès par ce navigateur",
        kind_web: |host| format!("Application web à l’adresse {host}"),
        kind_web_of: |name, host| format!("{name}, application web à l’adresse {host}"),
        own: "Ce navigateur",
        since: "Depuis le",
        date: "%d/%m/%Y %H:%M UTC",
        used: |ago| match (ago.as_secs() / 60, ago.as_secs() / 3600, ago.as_secs() / 86_400) {
            (0, ..) => "utilisé il y a moins d’une minute".to_owned(),
            (1, ..) => "utilisé il y a une minute".to_owned(),
            (minutes, 0, _) => format!("utilisé il y a {minutes} minutes"),
            (_, 1, _) => "utilisé il y a une heure".to_owned(),
            (_, hours, 0) => format!("utilisé il y a {hours} heures"),
            (.., 1) => "utilisé il y a un jour".to_owned(),
            (.., days) => format!("utilisé il y a {days} jours"),
        },
        network: "depuis",
        end: "Déconnecter",
        end_others: "Déconnecter partout sauf ici",
        earlier: "Retour",
        later: "Suite",
        part: |page, pages| format!("Page {page} sur {pages}"),
        ended: "La déconnexion est faite.",
        others_ended: "Tout est déconnecté, sauf ce navigateur.",
        password: "Mot de passe",
        password_explained: "Lorsque vous le changez, tout est déconnecté, sauf ce navigateur.",
        present: "Mot de passe actuel",
        new: "Nouveau mot de passe",
        rules: |least| {
            format!(
                "Au moins {least} caractères, quels qu’ils soient : quelques mots se retiennent facilement. Votre \
                 nom et votre adresse ne comptent pas."
            )
        },
        repeat: "Nouveau mot de passe, encore une fois",
        revoke_app_passwords: "Révoquer aussi tous les mots de passe d’application : les programmes qui les \
                               utilisent sont déconnectés",
        change: "Changer le mot de passe",
        set: "Définir le mot de passe",
        log_in_to_change: "Pour changer votre mot de passe, connectez-vous d’abord à nouveau. Cela montre que c’est \
                           bien vous.",
        log_in_to_set: "Vous n’avez pas de mot de passe ici. Pour en définir un, connectez-vous d’abord à nouveau. \
                        Cela montre que c’est bien vous.",
        log_in_again: "Se connecter à nouveau",
        elsewhere: "Vous n’avez pas de mot de passe ici. Vous vous connectez auprès de",
        elsewhere_explained: "C’est là que vous changez votre mot de passe.",
        nowhere: "Vous n’avez pas de mot de passe ici. S’il vous en faut un, demandez à votre administrateur.",
        password_changed: "Votre mot de passe a été changé. Tout est déconnecté, sauf ce navigateur.",
        not_fresh: "Votre dernière connexion est trop ancienne. Rien n’a été modifié. Veuillez d’abord vous \
                    connecter à nouveau.",
        not_here: "Vous ne pouvez pas avoir de mot de passe ici. Rien n’a été modifié.",
        wrong_present: "Le mot de passe actuel est incorrect. Rien n’a été modifié.",
        short: |least| format!("Le nouveau mot de passe est trop court. Il lui faut au moins {least} caractères."),
        like_app_password: "Le nouveau mot de passe commence comme un mot de passe d’application et serait pris pour \
                            l’un d’eux. Veuillez en choisir un autre.",
        common: "Le nouveau mot de passe est l’un des plus courants, que l’on devine en premier. Veuillez en choisir \
                 un autre.",
        personal: |least| {
            format!(
                "Sans votre nom et votre adresse, le nouveau mot de passe est trop court. Il lui faut {least} \
                 caractères en plus d’eux."
            )
        },
        not_repeated: "Le nouveau mot de passe saisi la seconde fois était différent. Veuillez réessayer.",
    },
    app_passwords: AppPasswordTexts {
        title: "Mots de passe d’application",
        explained: "Pour les programmes qui demandent une adresse e-mail et un mot de passe et ne connaissent pas \
                    d’autre connexion. Donnez à chacun le sien : vous pourrez alors le révoquer sans toucher aux \
                    autres.",
        rests_on_logins: |days| {
            format!(
                "Si vous n’utilisez rien d’autre pendant {days} jours, ils cessent de fonctionner jusqu’à ce que \
                 vous vous connectiez à nouveau ici."
            )
        },
        made: "Nouveau mot de passe d’application :",
        shown_once: "Saisissez-le maintenant dans le programme, avec votre adresse e-mail. Il n’est affiché que \
                     cette fois.",
        since: "Créé le",
        last_used: "utilisé le",
        ends: "expire le",
        ended: "a expiré le",
        day: "%d/%m/%Y",
        never_used: "jamais utilisé",
        revoke: "Révoquer",
        revoked: "Le mot de passe d’application est révoqué. Ce qui était connecté grâce à lui est déconnecté.",
        name: "Nom, par exemple du programme ou de l’appareil",
        counts: "Valable",
        until_revoked: "jusqu’à ce que vous le révoquiez",
        days: |days| format!("{days} jours"),
        make: "Créer un mot de passe d’application",
        log_in_to_make: "Pour créer un mot de passe d’application, connectez-vous d’abord à nouveau. Cela montre que \
                         c’est bien vous.",
        full: |most| {
            format!(
                "Vous avez {most} mots de passe d’application, le maximum possible. Révoquez-en un pour en créer un \
                 autre."
            )
        },
        wrong_name: "Un mot de passe d’application a besoin d’un nom, et pas trop long. Aucun n’a été créé.",
        no_more: |most| {
            format!(
                "Vous avez déjà {most} mots de passe d’application. Aucun autre n’a été créé. Veuillez d’abord en \
                 révoquer un."
            )
        },
    },
    factor: FactorTexts {
        section: "Second facteur",
        off: "Une clé d’accès, ou un code affiché par une application, peut vous être demandé en plus de votre mot \
              de passe. Ainsi, connaître le mot de passe ne suffit plus pour entrer.",
        set_up: "Configurer une application d’authentification",
        on_since: "Depuis le",
        left: |left| match left {
            0 => "Il ne reste aucun code de secours. Créez-en de nouveaux avant d’en avoir besoin.".to_owned(),
            1 => "Il reste un code de secours.".to_owned(),
            left => format!("Il reste {left} codes de secours."),
        },
        programs: "Les programmes qui ne demandent que votre adresse et votre mot de passe ont maintenant besoin \
                   d’un mot de passe d’application.",
        changes: "Chaque modification déconnecte tout sauf ce navigateur, et demande d’abord un code.",
        new_codes: "Nouveaux codes de secours",
        app: "Application d’authentification",
        remove: "Supprimer",
        log_in_first: "Pour modifier votre second facteur, connectez-vous d’abord à nouveau. Cela montre que c’est \
                       bien vous.",
        not_here: "Vous ne pouvez pas avoir de second facteur ici. Rien n’a été modifié.",
        added: "Le second facteur est ajouté. Tout est déconnecté, sauf ce navigateur.",
        removed: "Le second facteur est supprimé. Tout est déconnecté, sauf ce navigateur.",

        title: "Configurer une application d’authentification",
        lead: "Il vous faut une application d’authentification, par exemple celle de votre téléphone ou de votre \
               gestionnaire de mots de passe.",
        scan: "Scannez ceci avec l’application :",
        picture: "Code QR pour votre application d’authentification",
        type_in: "Ou saisissez-y cette clé, basée sur l’heure et à six chiffres :",
        then: "Montrez ensuite que cela fonctionne. Tout est alors déconnecté, sauf ce navigateur.",
        present: "Votre mot de passe",
        code: "Code affiché par l’application",
        submit: "Activer",
        cancel: "Annuler",

        codes_title: "Vos codes de secours",
        is_on: "Votre second facteur est activé.",
        codes_are_new: "Voici vos nouveaux codes de secours. Les précédents ne sont plus valables.",
        codes_lead: "Si vous perdez votre application ou votre clé d’accès, chacun de ces codes vous permet d’entrer \
                     une fois. Notez-les ou imprimez-les maintenant : ils ne seront plus affichés.",
        codes: "Codes de secours",
        others_ended: "Tout est déconnecté, sauf ce navigateur.",
        back: "Je les ai conservés",
    },
    passkey: PasskeyTexts {
        kind: "Clé d’accès",
        since: "Ajoutée le",
        full: |most| {
            format!("Vous avez {most} clés d’accès, le maximum possible. Supprimez-en une pour en ajouter une autre.")
        },
        no_address: "Vous ne pouvez pas ajouter de clé d’accès : les navigateurs n’en proposent qu’aux adresses en \
                     https. Votre administrateur peut en configurer une (server.public_url).",

        title: "Ajouter une clé d’accès",
        lead: "Une clé d’accès est conservée par votre téléphone, votre ordinateur, votre gestionnaire de mots de \
               passe ou une clé de sécurité.",
        name: "Nom, par exemple de l’appareil",
        then: "Votre navigateur demande ensuite où la conserver. Tout est alors déconnecté, sauf ce navigateur.",
        submit: "Ajouter une clé d’accès",
        wrong_name: "Une clé d’accès a besoin d’un nom, et pas trop long. Aucune n’a été ajoutée.",
        none_sent: "Votre navigateur n’a envoyé aucune clé d’accès. Il doit connaître les clés d’accès et exécuter \
                    les scripts.",
        not_made: "Votre navigateur n’a créé aucune clé d’accès. Vous avez peut-être annulé, ou il y en a déjà une à \
                   cet endroit.",

        login_title: "Montrez que c’est bien vous",
        use_it: "Utiliser votre clé d’accès",
        or_use: "Laissez le champ vide pour utiliser votre clé d’accès.",
        not_used: "Votre navigateur n’a utilisé aucune clé d’accès. Réessayez, ou saisissez un code.",
        wrong: "La clé d’accès n’a pas été acceptée. Veuillez réessayer.",
    },
    forgot: ForgotTexts {
        way: "Mot de passe oublié ?",
        title: "Définir un nouveau mot de passe",
        lead: "Saisissez l’adresse avec laquelle vous vous connectez. Vous y recevrez un lien qui permet de définir \
               un nouveau mot de passe.",
        submit: "Envoyer le lien",
        no_address: "Veuillez saisir votre adresse e-mail.",
        asked_title: "Consultez votre messagerie",
        asked: "S’il existe un compte avec cette adresse, un e-mail est en route. Le lien qu’il contient est valable \
                30 minutes.",
        no_mail: "Pas d’e-mail ? Regardez parmi les messages indésirables, vérifiez l’adresse ou demandez à votre \
                  administrateur.",
    },
    link: LinkTexts {
        title: "Définissez votre mot de passe",
        lead: "C’est avec lui que vous vous connecterez désormais. Tout ce qui est connecté avec votre compte sera \
               déconnecté.",
        done_title: "Votre mot de passe est défini",
        done: "Retournez à votre programme et connectez-vous avec lui. Vous pouvez fermer cette fenêtre.",
    },
    confirm: ConfirmTexts {
        title: "Connecter ce programme ?",
        lead: "Un programme demande à être connecté avec votre compte.",
        warning_title: "Uniquement si la demande vient de vous",
        warning: "Quelqu’un vous a envoyé le lien vers cette page ? Choisissez alors Non : sinon, c’est son \
                  programme qui obtient l’accès, sous votre nom et à tout ce que vous pouvez voir et faire.",
        account: "Votre compte",
        program: "Programme, tel qu’il se nomme lui-même",
        unnamed: "Il ne le dit pas.",
        silent: "Aucun programme n’attend encore cette connexion. Laissez le vôtre attendre, puis vérifiez à nouveau \
                 ici.",
        again: "Vérifier à nouveau",
        address: "Demandé depuis l’adresse",
        asked: "Demandé à",
        ago: |age| match age.as_secs() / 60 {
            0 => "il y a moins d’une minute".to_owned(),
            1 => "il y a une minute".to_owned(),
            minutes => format!("il y a {minutes} minutes"),
        },
        yes: "Oui, le connecter",
        no: "Non",
        operator: "Il demande à gérer ce serveur : il pourrait alors modifier chaque compte, et se connecter au nom de chaque \
                   personne.",
    },
    register: RegisterTexts {
        title: "Enregistrer une application",
        lead: "Si vous continuez, la prochaine connexion dans ce navigateur aura deux effets :",
        effects: [
            "La personne qui se connecte devient utilisateur front-end.",
            "Dès lors, des connexions peuvent être envoyées à cette adresse.",
        ],
        address: "Adresse",
        warning_title: "Vérifiez-en chaque lettre",
        warning: "Le propriétaire de cette adresse peut recevoir les connexions de tout le monde. Ne continuez que \
                  si vous la connaissez, et si la personne qui doit devenir utilisateur front-end est assise ici.",
        submit: "Continuer vers la connexion",
        cancel: "Rien n’a encore été modifié. Pour annuler, fermez cette fenêtre.",
    },
    done: DoneTexts {
        title: "La connexion est terminée",
        close: "Vous pouvez fermer cette fenêtre et retourner à votre programme.",
        otherwise: "Si le programme ne vous donne pas accès, recommencez-y la connexion.",
    },
    sign_out: SignOutTexts {
        title: "Se déconnecter ?",
        lead: "Ce navigateur vous oublie : la prochaine connexion vous demandera à nouveau qui vous êtes. Les \
               programmes connectés le restent jusqu’à ce que vous les fermiez.",
        account: "Votre compte",
        submit: "Se déconnecter",
        done_title: "Vous êtes déconnecté",
        done: "Ce navigateur ne vous connaît plus. Vous pouvez fermer cette fenêtre.",
        only_here: "Votre fournisseur d’identité vous connaît peut-être encore. Déconnectez-vous là aussi si \
                    d’autres personnes utilisent ce navigateur.",
    },
    problem: ProblemTexts {
        detail: "Pour les développeurs de l’application",
        request_id: "Requête",
        again: "Recommencer la connexion",
        stale: ProblemText {
            title: "Cette connexion n’est plus utilisable",
            sentence: "Elle est terminée, a déjà servi ou a été commencée dans un autre navigateur.",
            next: "Retournez à l’application et recommencez la connexion.",
        },
        refused: ProblemText {
            title: "La connexion a échoué",
            sentence: "La réponse du fournisseur d’identité n’a pas pu être acceptée. Personne n’a été connecté.",
            next: "Retournez à l’application et réessayez. Si cela se reproduit, prévenez votre administrateur.",
        },
        no_cookie: ProblemText {
            title: "Votre navigateur n’a pas envoyé de cookie",
            sentence: "Un cookie lie la connexion à ce navigateur, et il manque. Les cookies sont peut-être \
                       désactivés ou ont été supprimés, ou cette page a été ouverte à une autre adresse \
                       qu’auparavant, par exemple en http au lieu de https.",
            next: "Autorisez les cookies pour ce site, puis retournez à l’application et recommencez la connexion.",
        },
        expired: ProblemText {
            title: "Cette connexion a pris trop de temps",
            sentence: "Elle n’est plus valable. Rien n’a été perdu.",
            next: "Retournez à l’application et recommencez la connexion.",
        },
        wrong_codes: ProblemText {
            title: "Trop de codes incorrects",
            sentence: "Cette connexion est terminée, et personne n’a été connecté.",
            next: "Recommencez la connexion. Si vous avez perdu votre second facteur et vos codes de secours, \
                   demandez à votre administrateur.",
        },
        denied: ProblemText {
            title: "Le fournisseur d’identité ne vous a pas laissé entrer",
            sentence: "Il n’a pas confirmé qui vous êtes, ou vous y avez annulé. Personne n’a été connecté.",
            next: "Retournez à l’application et réessayez. Si cela se reproduit, prévenez votre administrateur.",
        },
        no_account: ProblemText {
            title: "Vous n’avez pas de compte ici",
            sentence: "Le fournisseur d’identité a confirmé qui vous êtes, mais aucun compte ici ne vous appartient.",
            next: "Demandez-en un à votre administrateur, et donnez-lui le numéro ci-dessous.",
        },
        linked: ProblemText {
            title: "Votre compte est lié à quelqu’un d’autre",
            sentence: "Le compte avec votre adresse e-mail appartient à une autre personne du fournisseur \
                       d’identité, ou à vous sous un ancien nom.",
            next: "Demandez à votre administrateur de le lier à nouveau, et donnez-lui le numéro ci-dessous.",
        },
        disabled: ProblemText {
            title: "Votre compte est désactivé",
            sentence: "Un administrateur l’a désactivé, vous ne pouvez donc pas vous connecter.",
            next: "Adressez-vous à votre administrateur, et donnez-lui le numéro ci-dessous.",
        },
        changed: ProblemText {
            title: "Votre compte a été modifié",
            sentence: "Il l’a été pendant que vous vous connectiez, cette connexion n’est donc plus valable.",
            next: "Retournez à l’application et recommencez la connexion.",
        },
        declined: ProblemText {
            title: "Rien n’a été connecté",
            sentence: "Vous avez répondu Non : le programme n’a pas obtenu l’accès.",
            next: "Vous pouvez fermer cette fenêtre. Si quelqu’un vous a envoyé le lien, prévenez votre \
                   administrateur.",
        },
        malformed: ProblemText {
            title: "Ce lien ne fonctionne pas",
            sentence: "Il y manque quelque chose, ou quelque chose n’y est pas comme il se doit.",
            next: "Retournez d’où vous venez et réessayez. Si cela se reproduit, prévenez l’exploitant de \
                   l’application.",
        },
        outdated: ProblemText {
            title: "Cette page n’est plus à jour",
            sentence: "Depuis qu’elle a été affichée, votre connexion dans ce navigateur a pris fin ou a été \
                       renouvelée. Rien n’a été modifié.",
            next: "Ouvrez à nouveau votre compte.",
        },
        link: ProblemText {
            title: "Ce lien n’est plus utilisable",
            sentence: "Il a déjà servi, est trop ancien ou incomplet, ou votre navigateur ne conserve pas les cookies.",
            next: "Demandez un nouveau lien.",
        },
        unauthorized: ProblemText {
            title: "Réservé aux administrateurs",
            sentence: "Le nom ou le mot de passe n’était pas celui de l’administrateur.",
            next: "Rechargez cette page pour réessayer.",
        },
        forbidden: ProblemText {
            title: "Vous n’y êtes pas autorisé",
            sentence: "Il manque à votre compte un droit nécessaire ici.",
            next: "Demandez-le à votre administrateur.",
        },
        unregistered: ProblemText {
            title: "Application inconnue",
            sentence: "L’application qui vous a envoyé ici n’est pas enregistrée, personne n’y est donc renvoyé.",
            next: "Si vous connaissez l’application, demandez à votre administrateur d’enregistrer son adresse.",
        },
        missing: ProblemText {
            title: "Rien ici",
            sentence: "Il n’y a pas de page à cette adresse.",
            next: "Vérifiez l’adresse, ou retournez d’où vous venez.",
        },
        conflict: ProblemText {
            title: "Cette connexion est déjà en cours",
            sentence: "Le programme a déjà commencé une connexion avec ce lien.",
            next: "Terminez-la dans la fenêtre où elle est ouverte, ou commencez-en une nouvelle dans le programme.",
        },
        too_many: ProblemText {
            title: "Trop de tentatives",
            sentence: "Il y a eu trop de connexions à la fois depuis votre réseau.",
            next: "Attendez une minute, puis recommencez la connexion.",
        },
        unavailable: ProblemText {
            title: "Pas maintenant",
            sentence: "Quelque chose dont la connexion a besoin ne répond pas en ce moment.",
            next: "Réessayez dans une minute. Si cela persiste, prévenez votre administrateur.",
        },
        unknown: ProblemText {
            title: "Une erreur s’est produite ici",
            sentence: "C’était notre faute, pas la vôtre.",
            next: "Réessayez. Si cela se reproduit, prévenez votre administrateur, avec le numéro ci-dessous.",
        },
    },
};
