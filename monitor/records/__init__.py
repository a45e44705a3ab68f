"""What QA makes of what is kept: batches and their readiness, samples, dossiers, reviews, packages."""
