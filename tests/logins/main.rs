//! Logins through a browser from outside: the real program, over the wire, every case on both stores.

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod account;
mod account_factor;
mod account_password;
mod addresses;
mod administrator;
mod cookies;
mod expired;
mod floods;
mod forms;
mod hosts;
mod jwt;
mod languages;
mod left_provider;
mod links;
mod logs;
mod mail;
mod native;
mod navigation;
mod own_page;
mod parameters;
mod passkeys;
mod people;
mod place;
mod provider;
mod provider_gone;
mod redirects;
mod refusals;
mod registration;
mod rights;
mod second_click;
mod second_factor;
mod second_return;
mod sign_on;
mod sign_out;
mod states;
mod steps;
mod tabs;
mod told;
mod vouching;
