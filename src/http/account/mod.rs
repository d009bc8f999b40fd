//! The account page, for whoever is signed on in the browser.

pub mod app_passwords;
pub mod console;
pub mod end;
pub mod forgot;
pub mod link;
pub mod page;
pub mod passkeys;
pub mod password;
pub mod second_factor;
mod view;
