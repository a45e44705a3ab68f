"""`gradewatch doctor`: is everything there that the record rests on, what is missing, and what does that cost?"""
