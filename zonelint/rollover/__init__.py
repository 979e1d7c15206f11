"""Key rollovers: the timetable of a method, and the proof that no resolver fails on the way."""
