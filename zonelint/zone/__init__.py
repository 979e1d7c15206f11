"""Names, RRsets and the zone as a whole: gathered part by part, merged into one index."""
