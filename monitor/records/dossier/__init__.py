"""The dossier: everything of one batch, gathered of one moment, and its verdict."""
