-- The book as people read it: the latest first over all chains, what was reviewed, and one signature by its number.

CREATE INDEX book_in_time ON book (at, chain, seq);
CREATE INDEX book_of_reviews ON book (at) WHERE kind = 'review';
CREATE INDEX book_signature ON book ((body ->> 'id')) WHERE kind = 'signature';
