-- When a screen first showed an alarm is looked for by the alarm.

CREATE INDEX book_of_shown ON book ((body ->> 'what'), at) WHERE kind = 'shown';
