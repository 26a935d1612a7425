"""What those who answer for retention look at: is it carried out, and is what is said true?"""
