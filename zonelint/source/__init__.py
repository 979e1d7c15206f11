"""Master-file text: from octets to records with positions; what a record means is not known here."""
