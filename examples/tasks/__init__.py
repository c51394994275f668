"""Classic tasks of recurrent networks, one per file, and how they are trained."""
