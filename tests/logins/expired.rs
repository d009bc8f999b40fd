//! A login that took too long.

use std::time::Duration;

use crate::given::{begin, csrf, enter, prove, to_confirmation};
use crate::support::app::{App, Kind};
use crate::support::client::Reply;
use crate::support::directory::native_token;
use crate::support::visitor::Visitor;
use crate::support::wait::until;

on_both_stores!(a_login_that_took_too_long_is_over_at_every_step);

fn a_login_that_took_too_long_is_over_at_every_step(kind: Kind) {
    let app = App::start(kind, &[("directory.time_to_authenticate", "10")]);
    let (user, native, mut visitor) = (app.user(), native_token(), Visitor::default());
    let start = app.authenticate("access:client", "");
    let proven = prove(&mut visitor, &start, &user);
    let native_start = app.authenticate_native(&native);
    let confirmation = to_confirmation(&mut visitor, &native_start, &user);
    let confirms = csrf(&mut visitor, &confirmation);
    let page = begin(&mut visitor, &start);
    let enters = csrf(&mut visitor, &page);
    let spent = "the youngest login is over";
    until(spent, Duration::from_secs(20), || (visitor.get(&page).status == 400).then_some(()));
    let over = |reply: Reply| drop(reply.refused(400, "E_BadRequest"));
    let person = [("csrf", enters.as_str()), ("email", &user.email), ("password", &user.password)];
    over(visitor.post(&page, &person));
    over(visitor.get(&proven));
    over(visitor.get(&confirmation));
    over(visitor.post(&confirmation, &[("csrf", &confirms), ("answer", "yes")]));
    app.wait(&native, 5).refused(403, "E_Forbidden");
    assert_eq!(visitor.cookie("directory_sso"), None);
    // Another one goes well.
    let again = begin(&mut visitor, &start);
    assert_eq!(enter(&mut visitor, &again, &user.email, &user.password).status, 303);
}
