//! The pages in a real browser, Debian's Chromium, used as a person uses it. What the pages look like is left in
//! `target/screenshots`.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod chromedriver;
mod front_end;
mod looks;
mod person;
mod place;

mod account;
mod comes_over;
mod console;
mod demo;
mod examples;
mod forgot;
mod gallery;
mod login;
mod native;
mod passkeys;
mod provider;
mod registration;
mod second_factor;
mod sign_out;
mod start;
