-- Refuses a change while changes are held. The last of KEYS is there as long as they are.
if redis.call('EXISTS', KEYS[#KEYS]) == 1 then return redis.error_reply('HELD changes are held') end
