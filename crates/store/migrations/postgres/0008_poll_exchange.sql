-- What was said with couriers about a parcel, masked: the newest questions that brought news or went wrong. Personal data is not in it.
CREATE TABLE poll_exchange (
    courier TEXT NOT NULL,
    number TEXT NOT NULL,
    place BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    account TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT,
    exchange TEXT,
    PRIMARY KEY (courier, number, place, asked_at)
);
