//! The cases, by the trait or act they are about.

mod accounts;
mod api_tokens;
mod app_passwords;
mod changes;
mod directory;
mod due;
mod dumping;
mod ending;
mod events;
mod groups;
mod health;
mod issuing;
mod lapsing;
mod licenses;
mod logins;
mod moving;
mod natives;
mod redirects;
mod signed_on;
mod signing_keys;
mod spent;
mod swapping;
mod takeovers;
mod throttle;
mod unique;
