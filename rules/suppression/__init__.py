"""What a file says to netlint itself: comments that silence findings."""
