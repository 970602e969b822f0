-- What failed at an account around a time, for whoever looks why it is down.
CREATE INDEX poll_exchange_failed ON poll_exchange (account, asked_at) WHERE outcome = 'failed';
CREATE INDEX operation_attempt_account ON operation_attempt (account, started_at);
