//! A clock of Redis that is set back.

use std::time::Duration;

use bimgate::store::{Bucket, Throttle as _};

use crate::Outcome;
use crate::backend::{Backend as _, run};
use crate::fixture::here;
use crate::support::redis_server::RedisServer;

/// Every number that is there an hour later: what an hour earlier is by a clock that was set back.
const AN_HOUR_BACK: &str = "EVAL \"for _, key in ipairs(redis.call('KEYS', '*')) do \
    redis.call('SET', key, string.format('%.0f', redis.call('GET', key) + 3600000), 'KEEPTTL') end\" 0";

#[test]
fn nobody_is_locked_out_for_longer_than_an_empty_bucket_is() -> Outcome {
    run(async {
        let server = RedisServer::start();
        let here = here(&server.url());
        let refill = Duration::from_secs(2);
        let bucket = [Bucket { key: [1; 16], burst: 1, refill }];
        assert_eq!(here.0.take(&bucket).await?, Ok(()));
        assert_eq!(server.command(AN_HOUR_BACK), "$-1\r\n");
        let refused = here.0.take(&bucket).await?.expect_err("it counts as empty");
        assert_eq!(refused.0, refill);
        let refused = here.0.take(&bucket).await?.expect_err("it refills with time, not with attempts");
        assert!(refused.0 <= refill, "{refused:?}");
        here.pass(refused.0).await;
        assert_eq!(here.0.take(&bucket).await?, Ok(()), "as long as it said");
        Ok(())
    })
}
