"""All drivers on a machine that leaves them next to no processor time: none of them is ejected."""
