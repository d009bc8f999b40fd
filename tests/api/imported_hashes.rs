//! People whose passwords other systems hashed: imported into the running server, they log in as ever.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::app::{App, User};

const PASSWORD: &str = "Gruen grün 12";
/// Where old programs counted bytes beyond ASCII wrongly.
const ASCII: &str = "Gruen 12";

/// Hashes of [`PASSWORD`] made by passlib, Python's bcrypt and hashlib, OpenSSL, and LDAP's `slappasswd`.
const HASHES: [(&str, &str); 29] = [
    ("bcrypt 2a", "$2a$06$5mwvPRjfH1ZNU0qNkCp61uCf6cXy50IY0XCCVwL0LVnAtRLm37ESy"),
    ("bcrypt 2b", "$2b$06$NHQE/vOENAet6DsoozDVKewjKCJvBy1aOWKmXUO6teutmF94kaaGi"),
    ("bcrypt 2y", "$2y$06$lNHetaViOnXMEXKx3zJs6.IchIZTcRkOB9XnwaZHGJwmrH.xD7uru"),
    ("Django, bcrypt of SHA-256", "bcrypt_sha256$$2b$06$DZa9F.N/Z2CRJeITV9D4EO8mT6cB00/AL7KftdUNsWCjhcDiWMZm6"),
    ("Django, bcrypt", "bcrypt$$2b$06$NHQE/vOENAet6DsoozDVKewjKCJvBy1aOWKmXUO6teutmF94kaaGi"),
    ("passlib, PBKDF2 of SHA-1", "$pbkdf2$1500$HSMk5Pzfey9FKEWIEWJMqQ$1VnJkus5dg28HyU5bINe76oOqbQ"),
    (
        "passlib, PBKDF2 of SHA-256",
        "$pbkdf2-sha256$1500$dI5RqvU.5xzjvPc.R6jVeg$vgysElgSnSwMHY/xXuw5Ac9D/RxNy8dV5yB2xNYkYCc",
    ),
    (
        "passlib, PBKDF2 of SHA-512",
        "$pbkdf2-sha512$1500$rRUCIIRQKgWAEOK8974Xog$UW3UaGQgy09SZCUXm5fi924FJcPdcQ7dI8BFiQ2S5UKeneFsn9Bn22bfniWu4Clyjv1b2KBZy/qLwkFX1QOs8g",
    ),
    ("PHC, PBKDF2", "$pbkdf2-sha256$i=1500,l=32$aYc2NAsKjy+6EnSX1pzxXQ$dNmrEbjJHWTGqkHokQxmDXAm7+0fdJLTnXflVlLUcpc"),
    ("OpenLDAP, PBKDF2", "{PBKDF2-SHA256}1500$GkNojTEmREhpDSFESKkVog$Dzld4b/czwcYVCDbFlyHZC4HeOyssiUtch1x0/K9LUE"),
    ("Django, PBKDF2", "pbkdf2_sha256$1500$9U8KIoH6VQqP$Qg+xykrDg9s/NWgUnXAoYzBXgZymFxiY3NRGdET9ikk="),
    ("Django, PBKDF2 of SHA-1", "pbkdf2_sha1$1500$HWsXLzkDEcI4$0ByIqkpICL/9IetTSOLM581lXvU="),
    ("ASP.NET Identity 2", "AGmHNjQLCo8vuhJ0l9ac8V3GsfIuHBXvui+IBLeBlocbSg+gE0yNHqsfDprLxBifvw=="),
    (
        "ASP.NET Identity 3, SHA-1",
        "AQAAAAAAAAXcAAAAEGmHNjQLCo8vuhJ0l9ac8V34OHOPhDMGCrU7vDM4Y4dl0CMkRYGbsQLeQY3/bxzOIA==",
    ),
    (
        "ASP.NET Identity 3, SHA-256",
        "AQAAAAEAACcQAAAAEGmHNjQLCo8vuhJ0l9ac8V16LMyt8D5vwOpMffzhT4BJnXY7Y15nelTEtcqZI0h3Bg==",
    ),
    (
        "ASP.NET Identity 3, SHA-512",
        "AQAAAAIAAAfQAAAAEGmHNjQLCo8vuhJ0l9ac8V1y4p8+EhOhSeItvgrQPrGrjJ5tIUZ49ef+KSRhihtf0g==",
    ),
    ("passlib, scrypt", "$scrypt$ln=10,r=8,p=1$vHdOqbUW4pzTOoewdo6xlg$vLGmKI+u5gKFjyHYvf1Cr37MVnv2IjKJWb8JAuNk+us"),
    (
        "Django, scrypt",
        "scrypt$1024$saltsalt$8$2$a9Ey+H977niBM1HTMkBFt1dWngu1G4vo6pbazkGt3DUuiP6iUCKgikn9IvR/+/OY7LzfvxzMhlhqPI59zLRMDw==",
    ),
    ("passlib, SHA-256 crypt", "$5$rounds=1234$.AUgTLOfIJiEQEyn$WG/QM2d.fSUTlteyTWNtYof0HSbAVbbmrDZNIhvMNb1"),
    (
        "passlib, SHA-512 crypt",
        "$6$rounds=1234$.d6QWMc4xsM3Fk1P$EWJCEexxxUdrjZm/ONyINHdi5WHMIONewlYQdswibg.ciTQpoEbkH/d/mwblHyJGQwTwT.5s5qV6eIMZlP4RT0",
    ),
    ("OpenSSL, SHA-256 crypt", "$5$saltstring$qxtEQPrFUO6973HCT9iPQmPzMvz0h6ztGZehu7Lt2R8"),
    (
        "OpenSSL, SHA-512 crypt",
        "$6$saltstring$KltwDwdVJqhPisXEjRX2Oc8wGvnzPj6BUPGLrfBMm6RB1grhfizByH4PO7fZ6AhtPWwHNreqmuCj/X.Y1mjCo0",
    ),
    (
        "slappasswd, crypt",
        "{CRYPT}$6$4Ih4GwyE/XgX3uv1$oUQ.6gr5Di4UoQixk4i6AbVadYIfbZomNAkn0WA9Qx1BDdys9jrNDFy8.Xzc7OSVMQln0qc0XaAkZ6WDD7i5U.",
    ),
    ("slappasswd, SSHA", "{SSHA}fvULBMJJ8vBrfZUd25QsuAQYO2MR2A7N"),
    ("slappasswd, SHA", "{SHA}fYx1wyRHTgTQ6VYrQfLNbA5TwOw="),
    ("SSHA256", "{SSHA256}ISEcdpOttsl17vyv2cEktbastlriF2uXJjOyQLz0k093DuFcay0lBA=="),
    (
        "SSHA512",
        "{SSHA512}Pzd0X+Cw+pKgXfc54Ar19QPT3ZQpO43MAAQBCy15ao5NUH/lbwouJdD0nu7fgR0/XqxccaIhxFHP9hBwwaFDd8S4N6Y0BsB4",
    ),
    ("SHA512", "{SHA512}FrqOUQ9vp3CJImJlv2bw0Lf5UGyPLc/tAqFm0wXRAdx4i9RP8rF2VkeQre8xfhkBpSoL4L5otSl52y13pLop7A=="),
    ("in lower case", "{ssha}fvULBMJJ8vBrfZUd25QsuAQYO2MR2A7N"),
];

/// Imports people with these hashes of a password; each with what the hash is.
fn imported<'a>(app: &App, hashes: &[(&'a str, &str)], password: &str) -> Vec<(&'a str, User)> {
    let (mut rows, mut people) = (String::new(), Vec::new());
    for (kind, hash) in hashes {
        let id = Uuid::new_v4();
        let user = User { id, email: format!("{}@example.org", id.simple()), password: password.to_owned() };
        rows += &json!({"id": id, "email": user.email, "password_hash": hash}).to_string();
        rows.push('\n');
        people.push((*kind, user));
    }
    app.server.run(&["user", "import", "-", "--format", "jsonl"], &rows);
    people
}

/// Whether `user list` and `user show` mark the user's hash as weak.
fn is_weak(app: &App, user: &User) -> bool {
    let shown = app.server.run(&["user", "show", &user.email, "--json"], "");
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown["password"], true);
    shown["weak_hash"] == true
}

fn wrong(user: &User) -> User {
    User { password: format!("{}?", user.password), email: user.email.clone(), ..*user }
}

/// All of these are hashed with so few iterations that they are weak, and a hash by the settings is not: so a hash that is
/// not weak any more is by the settings.
#[track_caller]
fn they_log_in_and_are_hashed_anew(app: &App, people: &[(&str, User)]) {
    for (kind, user) in people {
        assert!(is_weak(app, user), "{kind}");
        app.try_login(&wrong(user), &Value::Null).refused(401, "E_InvalidCredentials");
        assert!(is_weak(app, user), "{kind}: a wrong password changes nothing");
        let first = app.try_login(user, &Value::Null);
        assert_eq!(first.status, 200, "{kind}: {}", first.text());
        assert!(!is_weak(app, user), "{kind}: it is hashed anew");
        app.login(user);
        app.try_login(&wrong(user), &Value::Null).refused(401, "E_InvalidCredentials");
    }
}

on_both_stores!(whoever_has_a_hash_of_another_system_logs_in_and_is_hashed_anew, |kind| {
    let app = App::shared(kind);
    they_log_in_and_are_hashed_anew(&app, &imported(&app, &HASHES, PASSWORD));
    let old = [("bcrypt 2x", "$2x$06$t.w3aJyfLvGxeP42/PZxzeOIqeENnDk6EP4meAJTd2S1RuxOXZKxa")];
    they_log_in_and_are_hashed_anew(&app, &imported(&app, &old, ASCII));
    // The reference implementation of argon2 (its src/test.c).
    let argon2 = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    let framed = format!("argon2{argon2}");
    they_log_in_and_are_hashed_anew(&app, &imported(&app, &[("argon2", argon2), ("Django", &framed)], "password"));
});

on_both_stores!(weak_hashes_are_marked_in_the_table_and_for_the_one_shown, |kind| {
    let app = App::shared(kind);
    let people = imported(&app, &[("SSHA", "{SSHA}fvULBMJJ8vBrfZUd25QsuAQYO2MR2A7N")], PASSWORD);
    let (_, user) = &people[0];
    let listed = || {
        let table = app.server.run(&["user", "list", "--limit", "100000"], "");
        table.lines().find(|line| line.contains(&user.email)).expect("listed").to_owned()
    };
    let shown = || app.server.run(&["user", "show", &user.email], "");
    assert!(listed().contains("weakly hashed") && shown().contains("weakly hashed"));
    app.login(user);
    assert!(!listed().contains("weakly hashed") && !shown().contains("weakly hashed"));
});
