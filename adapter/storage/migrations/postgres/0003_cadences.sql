-- The pace of calls: until when (microseconds since 1970) the calls begun so far have used up a platform's even pace.

CREATE TABLE cadences (
    plateforme mot PRIMARY KEY,
    prise bigint NOT NULL
);
