"""What ships to SCF, built reproducibly."""
