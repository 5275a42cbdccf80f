/* heap.h - the heap of a process that serves many, in large pages. */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

/* To be called as connections come, once there are many: what the heap has grown by since the last call is asked to lie in large
 * pages before it is used. Costs a comparison when it has not grown. For the thread that serves. */
void heap_grew(void);

#endif
