"""Takes for eyes and ears elsewhere: pictures, sheet music, sound. Heavy libraries are the extra antiphon[score]."""
