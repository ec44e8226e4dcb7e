"""Local search on the normal form: good values of its variables, quickly and without any proof."""
